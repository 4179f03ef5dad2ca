package com.bytefreezer.connector.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.testing.TestSettings;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How files become lookups, and what is said of those that cannot. */
class LookupsTest {
    private static final int MOST_BYTES = 2_000_000;

    @TempDir
    private Path root;

    private Path folder;
    private Lookups lookups;

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(root.resolve("lookups"));
        lookups = Lookups.of(TestSettings.over(
                root, Map.of("lookups.folder", folder.toString(), "lookups.max-bytes", String.valueOf(MOST_BYTES))));
    }

    @Test
    void valuesOfACsvFileStayAsTheyAreWritten() throws Exception {
        write(
                "assets.csv",
                "\uFEFFid,ip,\"full \"\"name\"\"\",empty\r\n00123,10.0.0.1,\"a, b\r\nc\",\r\n7,1e5,'x',\"\"\r\n");

        assertThat(rows("assets")).containsExactly("[00123, 10.0.0.1, a, b\r\nc, null]", "[7, 1e5, 'x', null]");
        assertThat(table("assets").columns())
                .containsExactlyEntriesOf(
                        ordered("id", "VARCHAR", "ip", "VARCHAR", "full \"name\"", "VARCHAR", "empty", "VARCHAR"));
    }

    @Test
    void separatorsThatSpreadsheetsWriteAreUnderstood() throws Exception {
        write("a.csv", "x;y\n1,5;2\n");
        write("b.csv", "x\ty\n1\t2\n");
        write("c.csv", "x\n1\n");

        assertThat(rows("a")).containsExactly("[1,5, 2]");
        assertThat(rows("b")).containsExactly("[1, 2]");
        assertThat(rows("c")).containsExactly("[1]");
    }

    @Test
    void aFileWithAHeaderOnlyIsATableWithoutRows() throws Exception {
        write("none.csv", "id,name\n");

        assertThat(rows("none")).isEmpty();
    }

    @Test
    void membersOfJsonLinesBecomeColumnsOfOneType() throws Exception {
        write(
                "users.ndjson",
                "{\"id\":\"007\",\"n\":1,\"x\":1,\"ok\":true,\"day\":\"2026-01-01\",\"m\":1}\n\n{\"n\":2,\"x\":1.5,\"ok\":null,\"late\":{\"a\":[1]},\"m\":\"two\"}\n");

        assertThat(table("users").columns())
                .containsExactlyEntriesOf(ordered(
                        "id", "VARCHAR", "n", "BIGINT", "x", "DOUBLE", "ok", "BOOLEAN", "day", "VARCHAR", "m",
                        "VARCHAR", "late", "VARCHAR"));
        assertThat(rows("users"))
                .containsExactly(
                        "[007, 1, 1.0, true, 2026-01-01, 1, null]", "[null, 2, 1.5, null, null, two, {\"a\":[1]}]");
    }

    @Test
    void aParquetFileKeepsItsTypes() throws Exception {
        sql("COPY (SELECT 1 AS id, DATE '2026-01-01' AS day) TO '%s'".formatted(folder.resolve("days.parquet")));

        assertThat(table("days").columns()).containsExactlyEntriesOf(ordered("id", "INTEGER", "day", "DATE"));
    }

    @Test
    void aPackedFileIsRead() throws Exception {
        Files.write(folder.resolve("ioc.csv.gz"), gzipped("ip\n10.0.0.1\n"));
        Files.write(folder.resolve("assets.csv.zst"), zstandard("\uFEFFip\n10.0.0.2\n"));
        // Of several parts, as tools that pack in parallel write it.
        Files.write(folder.resolve("users.ndjson.zst"), concat(zstandard("{\"id\":1}\n"), zstandard("{\"id\":2}\n")));

        assertThat(rows("ioc")).containsExactly("[10.0.0.1]");
        assertThat(rows("assets")).containsExactly("[10.0.0.2]");
        assertThat(rows("users")).containsExactly("[1]", "[2]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a.csv | id,name\\n1,2\\n1,2,3\\n | line 3 has 3 values, and the header has 2",
                "a.csv | id,name\\n1\\n | line 2 has 1 values, and the header has 2",
                "a.csv | id,ID\\n | two columns are named ID",
                "a.csv | id,\\n | column 2 has no name",
                "a.csv | `` | it is empty",
                "a.csv | id\\n\"open\\n | is not CSV",
                "a.csv | id\\nx\\0y\\n | line 2 has a NUL character",
                "a.ndjson | {\"a\":1}\\n[1]\\n | line 2 is not a JSON object",
                "a.ndjson | {\"a\":1}\\n{\"a\" | line 2 is not JSON",
                "a.ndjson | {\"a\":1,\"A\":2} | two columns are named A",
                "a.ndjson | `` | it is empty",
                "a.parquet | id\\n1\\n | it cannot be read (",
                "events.csv | id\\n | the name events has a meaning of its own",
                "a-b.csv | id\\n | a lookup's name has",
                "ü.csv | id\\n | a lookup's name has",
                "a.csv.zst | id\\n | it cannot be read (",
                "a.csv.bz2 | id\\n | .bz2 is not read",
                "a.parquet.zst | id\\n | .zst is not read",
                "a.csv.gz | id\\n | it cannot be read ("
            })
    void aBrokenFileIsToldWithWhatIsWrong(String file, String content, String what) throws Exception {
        write(file, content.replace("\\n", "\n").replace("\\0", "\0"));

        var name = lookups.names().get(0);
        assertThatThrownBy(() -> lookups.of(List.of(name)))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("lookup %s (%s): ".formatted(name, folder.resolve(file)))
                .hasMessageContaining(what)
                .hasMessageEndingWith("Exports that use it wait; others continue.");
        assertThat(lookups.all()).singleElement().satisfies(look -> assertThat(look.problem())
                .contains(what));
    }

    @Test
    void aTextInAnotherEncodingIsRefused() throws Exception {
        Files.write(folder.resolve("wide.csv"), "id\n1\n".getBytes(StandardCharsets.UTF_16));
        Files.write(folder.resolve("latin.csv"), "id\nä\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> lookups.of(List.of("wide"))).hasMessageContaining("it is UTF-16; save it as UTF-8");
        assertThatThrownBy(() -> lookups.of(List.of("latin"))).hasMessageContaining("it is not UTF-8");
    }

    @Test
    void aLinkOutOfTheFolderIsNotFollowed() throws Exception {
        var secret = Files.writeString(root.resolve("secret.csv"), "id\n1\n");
        Files.createSymbolicLink(folder.resolve("out.csv"), secret);
        write("real.csv", "id\n1\n");
        Files.createSymbolicLink(folder.resolve("in.csv"), folder.resolve("real.csv"));
        Files.createSymbolicLink(folder.resolve("gone.csv"), folder.resolve("nowhere"));
        Files.createDirectory(folder.resolve("dir.csv"));

        assertThatThrownBy(() -> lookups.of(List.of("out")))
                .hasMessageContaining("a link that leads out of the folder");
        assertThatThrownBy(() -> lookups.of(List.of("dir"))).hasMessageContaining("it is not a file");
        assertThatThrownBy(() -> lookups.of(List.of("gone"))).hasMessageContaining("it cannot be read");
        assertThat(rows("in")).containsExactly("[1]");
    }

    @Test
    void aLargeFileIsRefusedAlsoWhenItIsPacked() throws Exception {
        var text = "id\n" + "1234567\n".repeat(MOST_BYTES / 8);
        write("plain.csv", text);
        Files.write(folder.resolve("packed.csv.gz"), gzipped(text));
        Files.write(folder.resolve("dense.csv.zst"), zstandard(text));

        assertThatThrownBy(() -> lookups.of(List.of("plain"))).hasMessageContaining("more than 2,000,000 bytes");
        assertThatThrownBy(() -> lookups.of(List.of("packed"))).hasMessageContaining("more than 2,000,000 bytes");
        assertThatThrownBy(() -> lookups.of(List.of("dense"))).hasMessageContaining("more than 2,000,000 bytes");
    }

    @Test
    void hostileTextsEndNothing() throws Exception {
        write("deep.ndjson", "{\"a\":" + "[".repeat(500_000) + "}\n");
        write("quotes.csv", "id\n" + "\"".repeat(1_000_001) + "\n");
        write("wide.csv", "a" + ",a".repeat(200_000) + "\n");
        write("number.ndjson", "{\"a\":" + "9".repeat(100_000) + "}\n");

        assertThat(lookups.all()).allSatisfy(look -> assertThat(look.problem()).isNotNull());
    }

    @Test
    void formulasAndLongCellsAreTexts() throws Exception {
        var longest = "x".repeat(1_500_000);
        write("odd.csv", "=1+1,@cmd,$1,'; DROP TABLE x; --\n=HYPERLINK(\"a\"),+1,-1," + longest + "\n");

        assertThat(table("odd").columns()).containsOnlyKeys("=1+1", "@cmd", "$1", "'; DROP TABLE x; --");
        assertThat(rows("odd")).containsExactly("[=HYPERLINK(\"a\"), +1, -1, " + longest + "]");
    }

    @Test
    void twoFilesOfOneNameAreToldAndOthersAreRead() throws Exception {
        write("ioc.csv", "id\n1\n");
        write("IOC.ndjson", "{\"id\":1}\n");
        write("other.csv", "id\n1\n");

        assertThatThrownBy(() -> lookups.of(List.of("ioc"))).hasMessageContaining("has the same name");
        assertThat(rows("other")).containsExactly("[1]");
    }

    @Test
    void aChangedFileHasAnotherVersionAndTheOldOneStaysReadable() throws Exception {
        write("ioc.csv", "id\n1\n");
        var before = table("ioc");
        write("ioc.csv", "id\n1\n22\n");
        var after = table("ioc");
        write("ioc.csv", "id\n1\n");

        assertThat(after.version()).isNotEqualTo(before.version());
        assertThat(rows(before)).containsExactly("[1]");
        assertThat(rows(after)).containsExactly("[1]", "[22]");
        assertThat(table("ioc").version()).isEqualTo(before.version());
    }

    private void write(String file, String content) throws IOException {
        Files.writeString(folder.resolve(file), content);
    }

    private LookupTable table(String name) {
        return lookups.of(List.of(name)).tables().get(0);
    }

    private List<String> rows(String name) throws Exception {
        return rows(table(name));
    }

    private static List<String> rows(LookupTable table) throws Exception {
        List<String> rows = new ArrayList<>();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var result = statement.executeQuery("FROM '%s'".formatted(table.copy()))) {
            while (result.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(result.getObject(i));
                }
                rows.add(row.toString());
            }
        }
        assertThat(rows).hasSize((int) table.rows());
        return rows;
    }

    private static void sql(String sql) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static byte[] zstandard(String text) {
        return Zstd.compress(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static byte[] gzipped(String text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static Map<String, String> ordered(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
