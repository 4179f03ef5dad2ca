package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLettersTest {
    @TempDir
    private Path folder;

    private final Batch batch =
            SomeBatch.of(SomeBatch.unit("day=01/one.parquet"), 7, "{\"a\":1.50}", "{\"b\":\"ü\\n\"}", "{}");

    @Test
    void aLineSaysWhatWasRefusedWhereAndWhy() throws Exception {
        batch.reject(0, "too \"old\"\nby far");
        batch.reject(1, "no");

        var file = new DeadLetters(folder.resolve("new/letters")).keep(batch, "webhook", batch.rejections());

        assertThat(file).isEqualTo(folder.resolve("new/letters/default/webhook/" + batch.id() + ".ndjson"));
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
            Unit unit = new Unit(export, "webhook", "acme", "a", batch.unit().objects(), "query", null, null, true);
            Batch its = SomeBatch.of(unit, 0, "{}");
            its.reject(0, "no");
            letters.keep(its, "webhook", its.rejections());
        }
        assertThat(lanes).allSatisfy(export -> assertThat(letters.count(Unit.lane(export, "webhook")))
                .isEqualTo(1));
    }

    @Test
    void aRepeatOfTheBatchReplacesItsFileAndLeavesNothingElse() throws Exception {
        var letters = new DeadLetters(folder);
        batch.reject(0, "no");
        letters.keep(batch, "webhook", batch.rejections());
        var file = letters.keep(batch, "webhook", batch.rejections());

        assertThat(Files.readAllLines(file)).hasSize(1);
        assertThat(folder.resolve("default/webhook"))
                .isDirectoryContaining(file::equals)
                .isDirectoryNotContaining(other -> !other.equals(file));
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
}
