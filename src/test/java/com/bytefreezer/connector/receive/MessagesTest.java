package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.Spool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MessagesTest {
    @TempDir
    private Path folder;

    private Spool spool;

    @BeforeEach
    void open() {
        spool = Spool.open(folder, 1_000_000);
    }

    @AfterEach
    void close() {
        spool.close();
    }

    @Test
    void aMessageIsStoredOnceWhateverItIsSentWith() throws IOException {
        StreamFeed feed = feed(Format.AUTO);
        assertThat(store(feed, message("1", "{\"a\":1}"), message("2", "[{\"a\":2},{\"a\":3}]")))
                .isEqualTo(new Stored("queue", 24, 3, 0, false));
        assertThat(store(feed, message("2", "[{\"a\":2},{\"a\":3}]"), message("3", "{\"a\":4}\n{\"a\":5}\n")))
                .isEqualTo(new Stored("queue", 33, 4, 0, false));
        assertThat(store(feed, message("3", "{\"a\":4}\n{\"a\":5}\n"), message("1", "{\"a\":1}")))
                .isEqualTo(new Stored("queue", 23, 3, 0, true));
        assertThat(stored(".ndjson").map(line -> line.replaceAll(".*\"a\":", "")))
                .containsExactly("1}", "2}", "3}", "4}", "5}");
    }

    @Test
    void whatHasNoEventsIsADeadLetterAndHoldsUpNothing() throws IOException {
        byte[] binary = new byte[2000];
        Arrays.fill(binary, (byte) 0xff);
        Stored stored = store(
                feed(Format.AUTO),
                new Message("1", binary),
                message("2", ""),
                message("3", "[]"),
                message("4", "{\"a\":"),
                message("5", "{\"a\":\"%s\"}".formatted("x".repeat(2000))),
                message("6", "words"));
        assertThat(stored.deadLetters()).isEqualTo(5);
        assertThat(stored.lines()).isEqualTo(6);
        assertThat(stored(".dead.ndjson").map(line -> line.replaceAll(".*\"reason\":\"(.{20}).*", "$1")))
                .containsExactly(
                        "it is neither JSON n",
                        "the message has no e",
                        "the message has no e",
                        "it is no JSON: Unexp",
                        "the line has 2,008 b");
        assertThat(stored(".ndjson")).singleElement().asString().endsWith("\"message\":\"words\"}");
    }

    @Test
    void textInAnotherEncodingIsKeptIfTextIsExpected() throws IOException {
        Stored stored = store(feed(Format.TEXT), new Message("1", new byte[] {'a', (byte) 0xe4}));
        assertThat(stored.deadLetters()).isZero();
        assertThat(stored(".ndjson")).singleElement().asString().endsWith("\"message\":\"a\u00e4\"}");
    }

    private static StreamFeed feed(Format format) {
        return new StreamFeed("queue", new DatasetName("t", "d"), format, 1000);
    }

    private static Message message(String id, String body) {
        return new Message(id, body.getBytes(UTF_8));
    }

    private Stored store(StreamFeed feed, Message... messages) {
        DatasetSpool dataset = spool.dataset("t", "d");
        return feed.store(new Messages("queue", List.of(messages)), Intake.open(dataset, Clock.systemUTC()));
    }

    private Stream<String> stored(String suffix) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(one -> one.getFileName().toString().matches("\\d+\\Q" + suffix + "\\E"))
                    .sorted()
                    .toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines.stream();
    }
}
