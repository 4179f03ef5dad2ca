package com.bytefreezer.connector.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewestEventsTest {
    @TempDir
    private Path folder;

    @Test
    void theNewestOfAllSegmentsComeInTheOrderOfArrival() throws IOException {
        try (Spool spool = Spool.open(folder, 1_000_000)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            append(dataset, "a\nb\n", 2);
            dataset.seal();
            append(dataset, "c\n", 1);
            assertThat(texts("", 200)).containsExactly("a", "b", "c");
            assertThat(texts("", 2)).containsExactly("b", "c");
            assertThat(texts("no position", 1)).containsExactly("c");
        }
    }

    @Test
    void whatCameSinceIsGivenOnceAndWhatIsMissingIsSaid() throws IOException {
        try (Spool spool = Spool.open(folder, 1_000_000)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            append(dataset, "a\n", 1);
            String after = look("", 200).after();
            assertThat(look(after, 200)).isEqualTo(new NewestEvents(List.of(), after, false));
            append(dataset, "b\n", 1);
            dataset.seal();
            append(dataset, "c\n", 1);
            NewestEvents both = look(after, 200);
            assertThat(both.events()).extracting(NewestEvents.Event::text).containsExactly("b", "c");
            assertThat(both.skipped()).isFalse();
            assertThat(look(after, 1).skipped()).isTrue();
            dataset.commit(dataset.next().orElseThrow(), 0, 0, "", java.util.Map.of());
            NewestEvents rest = look(after, 200);
            assertThat(rest.events()).extracting(NewestEvents.Event::text).containsExactly("c");
            assertThat(rest.skipped()).as("b is packed").isTrue();
            assertThat(look(rest.after(), 200).skipped()).isFalse();
        }
    }

    @Test
    void aLongEventIsCutAndADatasetWithoutEventsHasNone() throws IOException {
        assertThat(look("", 200).events()).isEmpty();
        try (Spool spool = Spool.open(folder, 1_000_000)) {
            append(spool.dataset("t", "d"), "x".repeat(5000) + "\n", 1);
            NewestEvents.Event event = look("", 200).events().get(0);
            assertThat(event.cut()).isTrue();
            assertThat(event.text()).hasSize(4000);
        }
    }

    private static void append(DatasetSpool dataset, String lines, int count) {
        dataset.append(new Arrival(Optional.empty(), ByteBuffer.wrap(lines.getBytes(UTF_8)), count));
    }

    private NewestEvents look(String after, int most) throws IOException {
        return NewestEvents.in(Spool.folder(folder, "t", "d"), after, most);
    }

    private List<String> texts(String after, int most) throws IOException {
        return look(after, most).events().stream().map(NewestEvents.Event::text).toList();
    }
}
