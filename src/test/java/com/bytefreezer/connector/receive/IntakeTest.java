package com.bytefreezer.connector.receive;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.spool.Spool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process knows of the columns of events that a former one has stored. */
class IntakeTest {
    private static final String LONG = "x".repeat(2_000_000);

    @TempDir
    private Path folder;

    @Test
    void eventsAreNotReadAgainAfterAnOrderlyEnd() throws IOException {
        process(intakes -> {
            send(intakes, "{\"b\":1,\"long\":\"%s\"}\n".formatted(LONG));
            intakes.end();
        });
        // Who read it again would learn nothing.
        breakFirstEvent();
        process(intakes ->
                assertThat(columns(intakes)).containsExactly(Map.entry("b", "BIGINT"), Map.entry("long", "VARCHAR")));
    }

    @Test
    void eventsAfterTheLastOrderlyEndAreReadAgain() {
        process(intakes -> {
            send(intakes, "{\"a\":1,\"long\":\"%s\"}\n".formatted(LONG));
            intakes.end();
        });
        process(intakes -> send(intakes, "{\"a\":\"one\",\"late\":2}\n"));
        process(intakes -> assertThat(columns(intakes))
                .containsExactly(Map.entry("a", "VARCHAR"), Map.entry("long", "VARCHAR"), Map.entry("late", "BIGINT")));
    }

    @Test
    void eventsInThePlaceOfLostOnesAreRead() throws IOException {
        process(intakes -> {
            send(intakes, "{\"a\":1,\"long\":\"%s\"}\n".formatted(LONG));
            intakes.end();
        });
        try (FileChannel events = FileChannel.open(events(), StandardOpenOption.WRITE)) {
            events.truncate(1_000_000);
        }
        process(intakes -> send(intakes, "{\"other\":true,\"long\":\"%s\"}\n".formatted(LONG + LONG)));
        process(intakes -> assertThat(columns(intakes)).containsKey("other"));
    }

    private void process(Consumer<Intakes> work) {
        try (Spool spool = Spool.open(folder, 100_000_000)) {
            work.accept(new Intakes(spool));
        }
    }

    private static Intake intake(Intakes intakes) {
        return intakes.of(new DatasetName("t", "d"));
    }

    private static Map<String, String> columns(Intakes intakes) {
        return intake(intakes).shape().columns();
    }

    private static void send(Intakes intakes, String lines) {
        Intake intake = intake(intakes);
        EventSplitter events = new EventSplitter(Format.NDJSON, 10_000_000, intake.batch());
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        events.take(bytes, 0, bytes.length);
        intake.append(events.end(Optional.empty()));
    }

    private Path events() {
        return folder.resolve("t/d/000000000001.ndjson");
    }

    private void breakFirstEvent() throws IOException {
        try (FileChannel events = FileChannel.open(events(), StandardOpenOption.WRITE)) {
            events.write(ByteBuffer.wrap(new byte[] {'['}), 0);
        }
    }
}
