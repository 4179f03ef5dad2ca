package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DuckDbExceptionTest {
    @TempDir
    Path folder;

    private static DuckDbException failureOf(String... statements) {
        try (Connection connection = Engine.HERE.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
            throw new AssertionError("nothing failed");
        } catch (SQLException e) {
            return DuckDbException.of(e);
        }
    }

    private static Kind said(String text) {
        return DuckDbException.of(new SQLException(text)).kind();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SELEC 1                              | BAD_SQL
            SELECT no_such_column                | BAD_SQL
            SELECT no_such_function(1)           | BAD_SQL
            FROM no_such_table                   | BAD_SQL
            SELECT 'a word'::INTEGER             | BAD_VALUE
            FROM read_parquet('/none/*.parquet') | GONE
            FROM read_parquet('/none/a.parquet') | GONE
            SELECT error('(HTTP 403)')           | OTHER
            """)
    void whatDuckDbSaysHasAKind(String sql, Kind kind) {
        assertThat(failureOf(sql).kind()).isEqualTo(kind);
    }

    @Test
    void memoryAndRoomRunOutOfDifferentThings() {
        String big = "CREATE TABLE t AS SELECT * FROM range(20000000) r(n) ORDER BY hash(n)";
        String spill = "SET temp_directory='%s'".formatted(folder);

        DuckDbException memory = failureOf("SET memory_limit='20MB'", "SET temp_directory=''", big);
        DuckDbException room = failureOf("SET memory_limit='20MB'", spill, "SET max_temp_directory_size='1MB'", big);

        assertThat(memory.kind()).isEqualTo(Kind.NO_MEMORY);
        assertThat(memory.usedMemory()).endsWith("used)").doesNotContain("Possible solutions");
        assertThat(room.kind()).isEqualTo(Kind.NO_ROOM);
    }

    @Test
    void textThatIsNoUtf8IsAnOddValue() throws Exception {
        Path file = folder.resolve("a.parquet");
        String copy = "COPY (SELECT 'abcXdef' AS v) TO '%s' (FORMAT parquet, COMPRESSION uncompressed)".formatted(file);
        failureOf(copy, "no more");
        byte[] bytes = Files.readAllBytes(file);
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == 'X') {
                bytes[at] = (byte) 0xff;
            }
        }
        Files.write(file, bytes);

        assertThat(failureOf("SELECT max(hash(v)) FROM read_parquet('%s')".formatted(file))
                        .kind())
                .isEqualTo(Kind.ODD_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "401, FORBIDDEN",
        "403, FORBIDDEN",
        "404, GONE",
        "400, REFUSED",
        "416, REFUSED",
        "429, UNREACHABLE",
        "503, UNREACHABLE"
    })
    void anAnswerOverHttpIsReadByItsStatus(int status, Kind kind) {
        assertThat(said("HTTP Error: HTTP GET error on 'https://lake.example/a' (HTTP %d)".formatted(status)))
                .isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "400, ExpiredToken, FORBIDDEN",
        "400, InvalidToken, FORBIDDEN",
        "400, TokenRefreshRequired, FORBIDDEN",
        "403, RequestTimeTooSkewed, FORBIDDEN",
        "400, AuthorizationHeaderMalformed, REFUSED",
        "400, InvalidRequest, REFUSED"
    })
    void anExpiredTokenIsARefusalOfTheKeys(int status, String code, Kind kind) {
        try (ScriptedServer lake = ScriptedServer.start()) {
            lake.reply(Reply.of(status, "<Error><Code>%s</Code><Message>No.</Message></Error>".formatted(code)));

            DuckDbException refused = failureOf(
                    "SET extension_directory='%s'".formatted(TestTools.duckdbExtensions()),
                    "LOAD httpfs",
                    "SET http_retries=0",
                    "CREATE SECRET (TYPE s3, KEY_ID 'k', SECRET 's', SESSION_TOKEN 't', ENDPOINT '%s', USE_SSL false, URL_STYLE 'path')"
                            .formatted(lake.url().getAuthority()),
                    "FROM read_parquet('s3://lake/a.parquet')");

            assertThat(refused.getMessage()).contains(code);
            assertThat(refused.kind()).isEqualTo(kind);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Out of Memory Error: failed",
        "(HTTP 403)",
        "No files found that match",
        "Could not resolve",
        "database has been invalidated"
    })
    void aValueOfTheDataDecidesNothing(String value) {
        assertThat(failureOf("SELECT '%s'::INTEGER".formatted(value)).kind()).isEqualTo(Kind.BAD_VALUE);
        assertThat(failureOf("SELECT nothing, '%s'".formatted(value)).kind()).isEqualTo(Kind.BAD_SQL);
        assertThat(said("Invalid Input Error: Could not parse string \"%s\"".formatted(value)))
                .isEqualTo(Kind.OTHER);
    }

    @Test
    void theMessageIsItsFirstSentence() {
        DuckDbException unknown = failureOf("SELECT nothing FROM range(3)");

        assertThat(unknown.getMessage())
                .startsWith("Binder Error: Referenced column \"nothing\" not found")
                .doesNotContain("LINE 1");
        assertThat(unknown.name()).contains("nothing");
        assertThat(failureOf("SELECT lower(1, 2, 3)").getMessage()).doesNotContain("Candidate");
    }

    @Test
    void whatIsReadStaysAsItIs() {
        DuckDbException read = new DuckDbException(Kind.INTERRUPTED, "Interrupted!");

        assertThat((Object) DuckDbException.of(read)).isSameAs(read);
    }
}
