package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.problem.ConnectorException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class DeadLettersTest {
    private static final Lane LANE = new Lane("default", "webhook");

    @TempDir
    private Path folder;

    private final Batch batch = batch("one");

    @Test
    void aLineSaysWhatWasRefusedWhereAndWhy() throws Exception {
        batch.reject(0, "too \"old\"\nby far");
        batch.reject(1, "no");

        var file = new DeadLetters(folder.resolve("new/letters")).keep(batch, "webhook", batch.rejections());

        assertThat(file.getParent()).isEqualTo(folder.resolve("new/letters/default/webhook"));
        assertThat(file.getFileName().toString()).matches("20\\d{6}T\\d{6}Z-[0-9a-f]{8}\\.ndjson");
        var lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).startsWith("{\"time\":\"20").endsWith(",\"record\":{\"a\":1.50}}");
        assertThat(lines.get(1)).endsWith(",\"record\":{\"b\":\"ü\\n\"}}");
        assertThat(lines.get(0).replaceFirst("\"time\":\"[^\"]+\",", ""))
                .isEqualTo("{\"export\":\"default\",\"tenant\":\"acme\",\"dataset\":\"syslog\","
                        + "\"object\":\"day=01/one.parquet\",\"record_number\":7,\"batch_id\":\"" + batch.id()
                        + "\",\"destination\":\"webhook\",\"record_id\":\""
                        + batch.recordIds().get(0)
                        + "\",\"reason\":\"too \\\"old\\\" by far\","
                        + "\"record\":{\"a\":1.50}}");
        assertThat(new ObjectMapper()
                        .readTree(lines.get(1))
                        .path("record_number")
                        .asInt())
                .isEqualTo(8);
    }

    @Test
    void eachLaneHasAFolderOfItsOwnWhateverItsName() throws Exception {
        var letters = new DeadLetters(folder);
        var lanes = List.of("x@acme/a b", "x@acme/a_b", "x@acme/" + "y".repeat(255), "x@" + "z".repeat(255) + "/日本");
        for (String export : lanes) {
            Unit unit = new Unit(
                    Lane.of(export, "webhook"), "acme", "a", batch.unit().objects(), "query", null, null, true);
            Batch its = SomeBatch.of(unit, 0, "{}");
            its.reject(0, "no");
            letters.keep(its, "webhook", its.rejections());
        }
        assertThat(lanes).allSatisfy(export -> assertThat(letters.count(Lane.of(export, "webhook")))
                .isEqualTo(1));
    }

    @Test
    void aRunHasOneFileAndTheNextOneAnother() throws Exception {
        var letters = new DeadLetters(folder);

        var first = List.of(keep(letters, "one"), keep(letters, "two"), keep(letters, "three"));
        letters.ended(LANE);
        var second = keep(letters, "four");

        assertThat(first).containsOnly(first.get(0)).doesNotContain(second);
        assertThat(Files.readAllLines(first.get(0))).hasSize(3);
        assertThat(letters.files(LANE)).containsExactlyInAnyOrder(first.get(0), second);
        assertThat(letters.count(LANE)).isEqualTo(4);
    }

    @Test
    void aFullFileIsFollowedByAnother() {
        var letters = new DeadLetters(folder);
        String megabyte = "{\"a\":\"%s\"}".formatted("x".repeat(1_000_000));

        IntStream.range(0, 20).forEach(number -> {
            Batch large = SomeBatch.of(SomeBatch.unit(number + ".parquet"), 0, megabyte);
            large.reject(0, "too long");
            letters.keep(large, "webhook", large.rejections());
        });

        assertThat(letters.files(LANE)).hasSize(3).allSatisfy(file -> assertThat(Files.size(file))
                .isLessThan(10_000_000));
        assertThat(letters.lines(LANE)).hasSize(20).allMatch(line -> line.letter()
                .isPresent());
    }

    @Test
    void otherProcessesAndLanesHaveFilesOfTheirOwn() {
        var files = List.of(keep(new DeadLetters(folder), "one"), keep(new DeadLetters(folder), "two"));

        assertThat(files).doesNotHaveDuplicates();
        assertThat(new DeadLetters(folder).count(LANE)).isEqualTo(2);
        assertThat(new DeadLetters(folder).count(new Lane("default", "other"))).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRepeatOfTheBatchReplacesItAlsoAfterARestart(boolean restarted) throws Exception {
        var letters = new DeadLetters(folder);
        var before = keep(letters, "other");
        batch.reject(0, "no");
        batch.reject(2, "neither");
        letters.keep(batch, "webhook", batch.rejections());
        letters.ended(LANE);
        keep(letters, "later");
        var again = batch("one");
        again.reject(2, "still not");

        var file = (restarted ? new DeadLetters(folder) : letters).keep(again, "webhook", again.rejections());

        assertThat(file).isEqualTo(before);
        assertThat(new DeadLetters(folder).lines(LANE).flatMap(line -> line.letter().stream()))
                .hasSize(3)
                .filteredOn(letter -> letter.batchId().equals(batch.id()))
                .singleElement()
                .extracting(DeadLetter::reason)
                .isEqualTo("still not");
        try (var all = Files.list(folder.resolve(LANE.toString()))) {
            assertThat(all).hasSize(2);
        }
    }

    /** Wherever a crash has broken off a line, its batch is delivered again, and nothing of before is lost. */
    @Test
    void aLineThatACrashHasCutOffAnywhereLeavesNoTrace() throws Exception {
        Path whole = keep(new DeadLetters(folder), "before");
        byte[] kept = Files.readAllBytes(whole);
        batch.reject(0, "no");
        new DeadLetters(folder.resolve("aside")).keep(batch, "webhook", batch.rejections());
        byte[] line = Files.readAllBytes(
                new DeadLetters(folder.resolve("aside")).files(LANE).get(0));
        for (int cut = 1; cut < line.length; cut++) {
            byte[] torn = java.util.Arrays.copyOf(kept, kept.length + cut);
            System.arraycopy(line, 0, torn, kept.length, cut);
            Files.write(whole, torn);

            var letters = new DeadLetters(folder);
            letters.keep(batch, "webhook", batch.rejections());

            assertThat(letters.count(LANE)).as("cut off after " + cut).isEqualTo(2);
            assertThat(letters.lines(LANE).flatMap(each -> each.letter().stream()))
                    .extracting(DeadLetter::object)
                    .containsExactlyInAnyOrder("day=01/before.parquet", "day=01/one.parquet");
            for (Path file : letters.files(LANE)) {
                Files.delete(file);
            }
            Files.write(whole, kept);
        }
    }

    @Test
    void whatAPersonHasWrittenIsNotCutOff() throws Exception {
        Path file = keep(new DeadLetters(folder), "one");
        Files.writeString(file, "a note", StandardOpenOption.APPEND);

        keep(new DeadLetters(folder), "two");

        assertThat(Files.readString(file)).endsWith("\na note");
        assertThat(new DeadLetters(folder).count(LANE)).isEqualTo(3);
    }

    /** As an export and a replay beside it, which are two processes. */
    @Test
    void whatIsAddedWhileOthersTakeLinesOutIsNotLost() {
        int batches = 300;
        var taken = Collections.synchronizedList(new ArrayList<String>());
        var adding = CompletableFuture.runAsync(() -> {
            var letters = new DeadLetters(folder);
            IntStream.range(0, batches).forEach(number -> keep(letters, "o" + number));
        });
        var replay = new DeadLetters(folder);

        while (!adding.isDone()) {
            for (Path file : replay.files(LANE)) {
                Map<String, Optional<DeadLetter>> gone = new TreeMap<>();
                replay.read(file).forEach(line -> line.letter().ifPresent(letter -> {
                    gone.put(line.digest(), Optional.empty());
                    taken.add(letter.object());
                }));
                replay.replace(LANE, file, gone);
            }
        }
        adding.join();

        replay.lines(LANE)
                .flatMap(line -> line.letter().stream())
                .map(DeadLetter::object)
                .forEach(taken::add);
        assertThat(taken)
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, batches)
                        .mapToObj("day=01/o%d.parquet"::formatted)
                        .collect(Collectors.toList()));
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws Exception {
        var inTheWay = Files.writeString(folder.resolve("file"), "");
        batch.reject(0, "no");

        assertThatThrownBy(() -> new DeadLetters(inTheWay).keep(batch, "webhook", batch.rejections()))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining(inTheWay.toString())
                .hasMessageContaining("delivery.dead-letters-folder");
    }

    private static Path keep(DeadLetters letters, String object) {
        Batch kept = batch(object);
        kept.reject(0, "no");
        return letters.keep(kept, "webhook", kept.rejections());
    }

    private static Batch batch(String object) {
        return SomeBatch.of(
                SomeBatch.unit("day=01/%s.parquet".formatted(object)), 7, "{\"a\":1.50}", "{\"b\":\"ü\\n\"}", "{}");
    }
}
