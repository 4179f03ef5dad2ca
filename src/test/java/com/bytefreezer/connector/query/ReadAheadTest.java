package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.testing.Await;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ReadAheadTest {
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        Properties streaming = new Properties();
        streaming.setProperty("jdbc_stream_results", "true");
        connection = DriverManager.getConnection("jdbc:duckdb:", streaming);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET threads=1");
        }
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
        Await.until("the end of the reading threads", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("read-ahead")));
    }

    @Test
    void everyRowComesOnceAndInOrder() throws SQLException {
        int rows = 50 * Blocks.ROWS + 7;
        int seen = 0;
        try (Blocks blocks = reading(connection, rows)) {
            assertThat(blocks.columns()).containsExactly("record", "number");
            for (Object[][] block = blocks.next(); block != null; block = blocks.next()) {
                for (int i = 0; i < block[0].length; i++) {
                    assertThat(block[0][i]).isEqualTo(String.valueOf(seen).getBytes(StandardCharsets.UTF_8));
                    assertThat(block[1][i]).isEqualTo(seen++);
                }
            }
            assertThat(blocks.next()).as("after the end").isNull();
        }
        assertThat(seen).isEqualTo(rows);
    }

    @Test
    void closingInTheMiddleEndsTheStatement() throws SQLException {
        Blocks blocks = reading(connection, 2_000_000_000);
        assertThat(blocks.next()).isNotNull();
        blocks.close();
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void closingBeforeAnythingIsAskedForEndsTheStatement() throws SQLException {
        reading(connection, 2_000_000_000).close();
    }

    /** DuckDB's driver does not throw in the middle of a result; memory can run out anywhere. */
    @Test
    void whatGoesWrongIsToldEachTimeAfterTheRowsBeforeIt() throws SQLException {
        try (Blocks blocks = reading(failingAfter(Blocks.ROWS + 1), 10 * Blocks.ROWS)) {
            assertThat(blocks.next()).isNotNull();
            assertThatThrownBy(blocks::next).isInstanceOf(SQLException.class).hasMessageContaining("no memory");
            assertThatThrownBy(blocks::next).isInstanceOf(SQLException.class).hasMessageContaining("no memory");
        }
    }

    @Tag("slow")
    @Test
    void aStatementThatNeverEndsIsGivenUp() throws SQLException {
        String endless =
                "WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT (i + 1) % 9 FROM r) SELECT encode(max(i)::VARCHAR) FROM r";
        try (Blocks blocks = new ReadAhead(() -> connection, endless, Completion.NONE, Duration.ofSeconds(1))) {
            assertThatThrownBy(blocks::next)
                    .hasMessageContaining("no progress in 1 s of work")
                    .extracting(Failures::kind)
                    .isEqualTo(Kind.NO_PROGRESS);
        }
    }

    private static Blocks reading(Connection connection, int count) {
        String sql =
                "SELECT encode(range::VARCHAR) AS record, range::INTEGER AS number FROM range(%d)".formatted(count);
        return new ReadAhead(() -> connection, sql, Completion.NONE, Duration.ofMinutes(1));
    }

    private Connection failingAfter(int rows) {
        return proxy(
                Connection.class,
                connection,
                statement -> proxy(Statement.class, (Statement) statement, result -> {
                    int[] seen = new int[1];
                    return proxy(ResultSet.class, (ResultSet) result, more -> {
                        if (more instanceof Boolean && seen[0]++ == rows) {
                            throw new OutOfMemoryError("no memory");
                        }
                        return more;
                    });
                }));
    }

    private static <T> T proxy(Class<T> type, T target, UnaryOperator<Object> change) {
        return type.cast(Proxy.newProxyInstance(
                ReadAheadTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result = method.invoke(target, arguments);
                    return Set.of("createStatement", "executeQuery", "next").contains(method.getName())
                            ? change.apply(result)
                            : result;
                }));
    }
}
