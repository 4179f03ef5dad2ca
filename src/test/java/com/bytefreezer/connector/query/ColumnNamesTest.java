package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.OtherWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of columns and folders are data: none of them means anything to the connector or to DuckDB. */
class ColumnNamesTest {
    @TempDir
    Path folder;

    @AutoClose
    private LocalDataset dataset;

    @BeforeEach
    void open() {
        dataset = new LocalDataset(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file_row_number",
                "filename",
                "file_index",
                "File_Row_Number",
                "rowid",
                "record",
                "object",
                "c0",
                "c1",
                "events",
                "r",
                "t",
                "e0",
                "w0",
                "select",
                "key",
                "value",
                "it's",
                "say \"hi\"",
                "a.b",
                "a b",
                "Köln",
                "日本",
                "*",
                "{{x}}",
                "%s",
                "$1",
                "null",
                "current_date",
                "a\nb"
            })
    void areGivenAsTheyStand(String name) throws Exception {
        String column = Query.identifier(name);
        dataset.write("a.parquet", "SELECT 1 AS id, 7 AS %s, 'x' AS other".formatted(column));
        dataset.write("day=05/b.parquet", "SELECT 2 AS id, 'text' AS other");
        String expected = new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(name);

        assertThat(dataset.records("SELECT * FROM events"))
                .containsExactly(
                        "{\"id\":1,%s:7,\"other\":\"x\",\"day\":null}".formatted(expected),
                        "{\"id\":2,%s:null,\"other\":\"text\",\"day\":5}".formatted(expected));
        assertThat(dataset.records("SELECT e.%1$s FROM events e WHERE %1$s = 7".formatted(column)))
                .containsExactly("{%s:7}".formatted(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file_row_number", "filename", "file_index", "c0"})
    void ofColumnsDoNotChangeWhatASliceIs(String name) {
        LakeObject object =
                dataset.write("a.parquet", "SELECT range AS id, range + 70000 AS %s FROM range(30000)".formatted(name));
        List<String> ids = new ArrayList<>();

        for (LakeObject slice : object.slices(30_000, 10_000)) {
            ids.addAll(dataset.records("SELECT id FROM events", slice));
        }

        assertThat(ids).hasSize(30_000).doesNotHaveDuplicates();
    }

    private void rename(String from, String to) throws IOException {
        for (LakeObject object : dataset.objects()) {
            Path file = Path.of(object.url());
            String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
            Files.writeString(file, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void ofAColumnInOtherCaseAreOneUnlessFilesHaveBoth() throws IOException {
        LakeObject both = dataset.write("a.parquet", "SELECT 1 AS zz1, 2 AS zz2");
        LakeObject turned = dataset.write("b.parquet", "SELECT 3 AS zz2, 4 AS zz1");
        // DuckDB writes no file with both.
        rename("zz1", "col");
        rename("zz2", "COL");
        LakeObject one = dataset.write("c.parquet", "SELECT 5 AS COL");

        assertThat(dataset.records("SELECT * FROM events", both)).containsExactly("{\"col\":1,\"COL_1\":2}");
        assertThat(dataset.records("SELECT * FROM events", turned)).containsExactly("{\"col\":4,\"COL_1\":3}");
        assertThat(dataset.records("SELECT * FROM events", one)).containsExactly("{\"col\":null,\"COL_1\":5}");
    }

    /** SQL has no type for such members. */
    @Test
    void ofMembersMayBeEmptyOrHaveANul() throws Exception {
        LakeObject object =
                dataset.write("a.parquet", "SELECT {'zz1': 1, 'zz2': {'zz3': 2}} AS s, {'zz4': 3, 'e': 4} AS t");
        OtherWriter.rename(folder.resolve("a.parquet"), Map.of("zz1", "", "zz3", "a\0b", "zz4", ""));
        assertThat(dataset.exported("SELECT * FROM events", List.of(object)))
                .containsExactly("{\"s\":{\"\":1,\"zz2\":{\"a\\u0000b\":2}},\"t\":{\"\":3,\"e\":4}}");
        assertThat(dataset.schema.losses()).isEmpty();
    }

    @Test
    void namesThatSqlCannotSayKeepValuesAsStored() throws Exception {
        LakeObject object = dataset.write("a.parquet", "SELECT {'zz1': DATE '1970-01-03', 'b': 'x'} AS s");
        OtherWriter.rename(folder.resolve("a.parquet"), Map.of("zz1", ""));
        OtherWriter.only(folder.resolve("a.parquet"));
        assertThat(dataset.exported("SELECT * FROM events", List.of(object)))
                .allMatch(json -> json.contains("\"\":2,"));
        assertThat(dataset.schema.losses()).singleElement().asString().contains("\"s\"", "as they are stored");
    }

    @Test
    void giveThePathOrAnError() {
        dataset.write("a.parquet", "SELECT 1 AS id");
        assertThat(dataset.records(
                        "SELECT parse_filename(filename) AS f FROM read_parquet('PARQUET_PATH', filename=true)"))
                .containsExactly("{\"f\":\"a.parquet\"}");
        assertThat(dataset.records(
                        "SELECT parse_filename(path) AS f FROM read_parquet('PARQUET_PATH', filename := 'path')"))
                .containsExactly("{\"f\":\"a.parquet\"}");
        assertThat(dataset.records("SELECT * FROM read_parquet('PARQUET_PATH', filename=false)"))
                .containsExactly("{\"id\":1}");

        dataset.write("b.parquet", "SELECT 2 AS id, 'mine' AS filename");
        assertThatThrownBy(() -> dataset.records("SELECT filename FROM read_parquet('PARQUET_PATH', filename=true)"))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("the data has a column filename of its own");
        assertThat(dataset.records("SELECT filename FROM events"))
                .containsExactly("{\"filename\":null}", "{\"filename\":\"mine\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM read_parquet('PARQUET_PATH', hive_partitioning := true, union_by_name := true)",
                "FROM read_parquet('PARQUET_PATH', hive_partitioning => true)",
                "FROM read_parquet(['PARQUET_PATH'], union_by_name = true)",
                "FROM parquet_scan(['PARQUET_PATH'])"
            })
    void ofOptionsMayBeSpelledInEachWay(String sql) {
        dataset.write("a.parquet", "SELECT 1 AS id");
        assertThat(dataset.records(sql)).containsExactly("{\"id\":1}");
    }

    @Test
    void ofFoldersAreDecodedAndReadToTheFirstEqualsSign() {
        dataset.write("v=a%2Fb/1.parquet", "SELECT 1 AS id");
        dataset.write("v=YWJjZA==/2.parquet", "SELECT 2 AS id");
        dataset.write("v=__HIVE_DEFAULT_PARTITION__/3.parquet", "SELECT 3 AS id");
        dataset.write("v=%E4/4.parquet", "SELECT 4 AS id");
        dataset.write("v=it's/v=second/5.parquet", "SELECT 5 AS id");
        dataset.write("v=/v=9.parquet", "SELECT 6 AS id");
        dataset.write("v=Köln ü/7.parquet", "SELECT 7 AS id");

        assertThat(dataset.records("SELECT id, v FROM events ORDER BY id"))
                .containsExactly(
                        "{\"id\":1,\"v\":\"a/b\"}",
                        "{\"id\":2,\"v\":\"YWJjZA==\"}",
                        "{\"id\":3,\"v\":null}",
                        "{\"id\":4,\"v\":\"%E4\"}",
                        "{\"id\":5,\"v\":\"it's\"}",
                        "{\"id\":6,\"v\":\"\"}",
                        "{\"id\":7,\"v\":\"Köln ü\"}");
        for (LakeObject object : dataset.objects()) {
            String inSql = object.partition().get("v");
            assertThat(dataset.records("SELECT v FROM events WHERE v = " + DuckDb.literal(inSql), object))
                    .hasSize(inSql.equals(FolderValues.NULL) ? 0 : 1);
        }
    }

    @Test
    void ofFoldersAboveTheDatasetAreNoColumns() {
        try (var below = new LocalDataset(folder.resolve("env=prod/year=1999"))) {
            below.write("year=2026/a.parquet", "SELECT 1 AS id");
            assertThat(below.records("SELECT * FROM events")).containsExactly("{\"id\":1,\"year\":2026}");
        }
    }

    @Test
    void ofFoldersAreNumbersOnlyWhereAllAre() {
        dataset.write("zip=02139/code=7/hour=01/a.parquet", "SELECT 1 AS id");
        LakeObject second = dataset.write("zip=10001/code=1234567890/hour=12/b.parquet", "SELECT 2 AS id");

        assertThat(dataset.records("SELECT zip, code, hour FROM events", second))
                .containsExactly("{\"zip\":\"10001\",\"code\":1234567890,\"hour\":12}");
        dataset.write("zip=1/code=x7/hour=2/c.parquet", "SELECT 3 AS id");
        assertThat(dataset.records("SELECT code FROM events WHERE code = '1234567890'"))
                .containsExactly("{\"code\":\"1234567890\"}");
    }

    @Test
    void ofFoldersComeBeforeThoseOfColumns() {
        dataset.write("y=1/a.parquet", "SELECT 1 AS id, 'file' AS Y, 2 AS z");
        dataset.write("b.parquet", "SELECT 2 AS id, 'file' AS Y, 2 AS z");

        assertThat(dataset.records("SELECT * FROM events"))
                .containsExactly("{\"id\":1,\"Y\":\"1\",\"z\":2}", "{\"id\":2,\"Y\":\"file\",\"z\":2}");
    }
}
