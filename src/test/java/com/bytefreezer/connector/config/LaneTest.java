package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static final List<String> PIECES =
            List.of("@", "@*", "a", "default", ".", "..", "-", " ", "日本", "%2F", "\\", "\n", "*", ",", "é", "🦆", "");

    private final Random random = new Random(11);

    private String name() {
        return random.ints(random.nextInt(4), 0, PIECES.size())
                .mapToObj(PIECES::get)
                .collect(Collectors.joining());
    }

    private Lane any() {
        return random.nextBoolean()
                ? new Lane(name(), name())
                : new Lane(name().replace("@", ""), new DatasetName(name(), name()), name());
    }

    @Test
    void aTextIsThatOfOneLane() {
        Map<String, Lane> texts = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            Lane lane = any();
            String text = lane.toString();
            assertThat(Lane.parse(text)).isEqualTo(lane);
            assertThat(texts.merge(text, lane, (first, next) -> first)).isEqualTo(lane);
            assertThat(Lane.of(lane.name(), lane.destination())).isEqualTo(lane);
        }
    }

    @Test
    void itsTextIsWhatCursorsHold() {
        assertThat(new Lane("default", "webhook")).hasToString("default/webhook");
        assertThat(new Lane("x", "file").at(new DatasetName("acme", "a@b"))).hasToString("x@acme/a@b/file");
        assertThat(Lane.parse("x@acme/dns/file").parts()).containsExactly("x@acme", "dns", "file");
        assertThat(Lane.parse("x@acme/dns/file").ofAll()).isEqualTo(new Lane("x", "file"));
    }

    @Test
    void namesThatWouldMakeTheTextOfAnotherAreRefused() {
        for (String text : List.of("a/b/c", "default", "", "x@a/b/c/d", "/@a/b")) {
            assertThatIllegalArgumentException().as(text).isThrownBy(() -> Lane.parse(text));
        }
        DatasetName dataset = new DatasetName("a", "b");
        assertThatIllegalArgumentException().isThrownBy(() -> new Lane("x@y", dataset, "file"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Lane("x", "a/file"));
    }
}
