package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.testing.Await;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a folder to the spool. */
@Tag("slow")
class FileFeedTest {
    @TempDir
    private Path folder;

    private OneFeed bed;
    private Path inbox;

    @BeforeEach
    void prepare() throws IOException {
        bed = new OneFeed(folder);
        inbox = Files.createDirectories(folder.resolve("inbox"));
    }

    private void feed(Map<String, String> more) throws IOException {
        bed.feed("file", Map.of("folder", inbox.toString(), "stable-seconds", "0"), more);
    }

    private void write(String name, String text) throws IOException {
        write(name, text.getBytes(UTF_8));
    }

    private void write(String name, byte[] bytes) throws IOException {
        Path hidden = Files.write(folder.resolve("written"), bytes);
        Files.move(hidden, inbox.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Until all files are put away. */
    private void read(Map<String, String> options) throws Exception {
        bed.run(options, () -> {
            Await.until("no more files", () -> names(inbox).isEmpty());
        });
    }

    private static List<String> names(Path folder) {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void oneOfTwoMachinesReadsAFolderUntilItEnds() throws Exception {
        OneFeed other = new OneFeed(Files.createDirectories(folder.resolve("other")));
        other.feed("file", Map.of("folder", inbox.toString(), "stable-seconds", "0"), Map.of());
        feed(Map.of());
        other.run(Map.of(), () -> {
            write("a.ndjson", "{\"n\":1}");
            Await.until("the first reads", () -> other.numbers().equals(List.of(1)));
            Feeds second = bed.start(Map.of());
            try {
                Await.until("the second waits", () -> second.open().values().stream()
                        .anyMatch(each -> each.trouble().orElse("").contains("another process reads it")));
                write("b.ndjson", "{\"n\":2}");
                Await.until("the first goes on", () -> other.numbers().equals(List.of(1, 2)));
            } finally {
                second.close();
            }
        });
        write("c.ndjson", "{\"n\":3}");
        read(Map.of());
        assertThat(bed.numbers()).containsExactly(3);
        assertThat(other.numbers()).containsExactly(1, 2);
    }

    @Test
    void filesOfEveryKindBecomeEvents() throws Exception {
        write("a.ndjson", "\ufeff{\"n\":1}\r\n\r\n{\"n\":2}");
        write("b.json", "[\n {\"n\":3, \"text\":\"} ] \\\" {\"},\n {\"n\":4}\n]\n");
        write("c.log", "a line\nlast line");
        write("d.csv", "n,Text,text,\n5,\"a, \"\"b\"\"\n c\",,x\r\n6,é,2,\n");
        write("e.csv.gz", gzip("n;m\n007;\n"));
        byte[] two = concat(gzip("{\"n\":8}\n"), gzip("{\"n\":9}\n"));
        write("f.ndjson.gz", Arrays.copyOf(two, two.length + 10));
        write("g.txt", "\ufeff16 bits: \ud83d\ude00\n".getBytes(UTF_16LE));
        write("h.txt", "\ufeffin the other order".getBytes(UTF_16BE));
        write("i.txt", "");
        write(".hidden", "no");
        feed(Map.of());
        bed.run(Map.of(), () -> {
            Await.until("all but the hidden file", () -> names(inbox).equals(List.of(".hidden")));
        });
        assertThat(bed.spooled())
                .extracting(FileFeedTest::withoutTime)
                .containsExactlyInAnyOrder(
                        "{\"n\":1}",
                        "{\"n\":2}",
                        "{\"n\":3,\"text\":\"} ] \\\" {\"}",
                        "{\"n\":4}",
                        "{\"message\":\"a line\"}",
                        "{\"message\":\"last line\"}",
                        "{\"n\":\"5\",\"text\":\"a, \\\"b\\\"\\n c\",\"column\":\"x\"}",
                        "{\"n\":\"6\",\"text\":\"é\",\"text_2\":\"2\"}",
                        "{\"n\":\"007\"}",
                        "{\"n\":8}",
                        "{\"n\":9}",
                        "{\"message\":\"16 bits: \ud83d\ude00\"}",
                        "{\"message\":\"in the other order\"}");
        assertThat(bed.deadLetters()).isEmpty();
        assertThat(names(inbox.resolve(".done"))).hasSize(9);
        assertThat(names(inbox.resolve(".failed"))).isEmpty();
    }

    private static String withoutTime(JsonNode event) {
        return event.toString().replaceFirst("\"BfTs\":\\d+,?", "");
    }

    @Test
    void whatCannotBeReadIsSetAsideByName() throws Exception {
        byte[] whole = gzip(lines(200_000, 300_000));
        write("cut.ndjson.gz", Arrays.copyOf(whole, whole.length / 2));
        byte[] wrong = gzip("{\"n\":1}\n");
        wrong[wrong.length - 8]++;
        write("checksum.gz", wrong);
        write("garbage.gz", concat(gzip("{\"n\":2}\n"), "abc".getBytes(UTF_8)));
        write("quote.csv", "a,b\n1,2\n3,\"4\n");
        write("half.json", "[{\"n\":3},{\"n\":4");
        write("rows.csv", "a,b\n1\n2,3\n");
        write("lines.ndjson", "{\"n\":5}\nno JSON\n{\"n\":\"" + "x".repeat(5_000) + "\"}\n{\"n\":6}\n");
        feed(Map.of());
        read(Map.of("feeds.max-line-bytes", "1000"));
        assertThat(names(inbox.resolve(".failed")))
                .containsExactly("checksum.gz", "cut.ndjson.gz", "garbage.gz", "half.json", "quote.csv");
        assertThat(names(inbox.resolve(".done"))).containsExactly("lines.ndjson", "rows.csv");
        assertThat(bed.deadLetters())
                .extracting(dead -> dead.path("reason").asText())
                .containsExactlyInAnyOrder(
                        "the file cut.ndjson.gz is set aside, because it ends in the middle of what is packed",
                        "the file checksum.gz is set aside, because what is packed is damaged (its checksum is wrong)",
                        "the file garbage.gz is set aside, because something follows that is not packed with gzip",
                        "the file quote.csv is set aside, because a quote has no end",
                        "the file half.json is set aside, because its JSON has no end",
                        "the row has 1 values, and the header has 2",
                        "it is no JSON: Unrecognized token 'no': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
                        "the line has 5,008 bytes; the limit is 1,000, and the rest is not kept");
        assertThat(bed.spooled())
                .extracting(FileFeedTest::withoutTime)
                .contains(
                        "{\"n\":3}",
                        "{\"n\":5}",
                        "{\"n\":6}",
                        "{\"a\":\"1\",\"b\":\"2\"}",
                        "{\"a\":\"2\",\"b\":\"3\"}",
                        "{\"n\":201000}")
                .doesNotHaveDuplicates();
    }

    @Test
    void aLargeFileIsReadOnWithoutALossOrARepeat() throws Exception {
        int count = 300_000;
        write("large.ndjson.gz", gzip(lines(0, count)));
        write("large.json", "[" + lines(count, 2 * count).strip().replace("\n", ",") + "]");
        feed(Map.of());
        // The spool is full in the middle of the first file, and of the second one.
        for (int start = 0; !names(inbox).isEmpty(); start++) {
            assertThat(start).isLessThan(20);
            bed.run(Map.of("spool.max-bytes", "9000000"), () -> {
                Await.until(
                        "a full spool or the end",
                        () -> bed.spooledBytes() > 4_000_000 || names(inbox).isEmpty());
            });
            assertThat(bed.packAll()).isTrue();
        }
        assertThat(bed.inLake("n"))
                .hasSize(2 * count)
                .doesNotHaveDuplicates()
                .contains(0, count - 1, count, 2 * count - 1);
    }

    @Test
    void aKeptFileIsReadAgainOnceItHasChanged() throws Exception {
        write("kept.ndjson", lines(0, 3));
        feed(Map.of("after", "keep"));
        bed.run(Map.of(), () -> {
            Await.until("its events", () -> bed.spooled().size() == 3);
        });
        assertThat(bed.packAll()).isTrue();
        bed.run(Map.of(), () -> {
            write("new.ndjson", lines(3, 4));
            Await.until("the new event", () -> bed.spooled().size() >= 1);
            assertThat(bed.numbers()).containsExactly(3);
            write("kept.ndjson", lines(10, 15));
            Await.until("its events", () -> bed.spooled().size() >= 6);
            assertThat(bed.numbers()).containsExactly(3, 10, 11, 12, 13, 14);
        });
        assertThat(names(inbox)).containsExactly("kept.ndjson", "new.ndjson");
    }

    @Test
    void whatIsPutAwayReplacesNothing() throws Exception {
        feed(Map.of());
        for (int i = 0; i < 2; i++) {
            write("same.ndjson", lines(i, i + 1));
            read(Map.of());
        }
        assertThat(names(inbox.resolve(".done"))).containsExactly("same.ndjson", "same.ndjson.2");
        assertThat(bed.numbers()).containsExactly(0, 1);
    }

    @Test
    void aFolderThatComesLaterIsRead() throws Exception {
        Files.delete(inbox);
        feed(Map.of("after", "delete", "pattern", "*.ndjson"));
        try (Feeds feeds = bed.start(Map.of())) {
            Await.until(
                    "it tells of it",
                    () -> feeds.open().get("data").trouble().orElse("").contains("there is no such folder"));
            Files.createDirectory(inbox);
            write("other.txt", "not asked for");
            Files.createSymbolicLink(inbox.resolve("loop.ndjson"), Path.of("loop.ndjson"));
            write("one.ndjson", lines(0, 1));
            Await.until("its events", () -> !names(inbox).contains("one.ndjson"));
            assertThat(bed.numbers()).containsExactly(0);
            Files.delete(inbox.resolve("loop.ndjson"));
            Await.until("it works", () -> feeds.open().get("data").trouble().isEmpty());
        }
        assertThat(names(inbox)).containsExactly("other.txt");
    }

    @Test
    void aWrongFeedStopsTheStart() throws Exception {
        feed(Map.of("folder", "", "after", "burn", "separator", "::"));
        assertThatThrownBy(() -> bed.start(Map.of()))
                .hasMessageContaining("folder must be a folder")
                .hasMessageContaining("after must be one of move, delete, keep")
                .hasMessageContaining("separator must be one character");
        bed.feed("tcp", Map.of("port", "0", "format", "csv"), Map.of());
        assertThatThrownBy(() -> bed.start(Map.of())).hasMessageContaining("only the input file reads csv");
    }

    private static String lines(int from, int to) {
        return IntStream.range(from, to).mapToObj("{\"n\":%d}\n"::formatted).collect(Collectors.joining());
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
            packed.write(text.getBytes(UTF_8));
        }
        return bytes.toByteArray();
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
