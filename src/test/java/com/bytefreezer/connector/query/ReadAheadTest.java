package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.testing.Await;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class ReadAheadTest {
    private Connection connection;
    private Statement statement;

    @BeforeEach
    void connect() throws SQLException {
        Properties streaming = new Properties();
        streaming.setProperty("jdbc_stream_results", "true");
        connection = DriverManager.getConnection("jdbc:duckdb:", streaming);
        statement = connection.createStatement();
        statement.execute("SET threads=1");
    }

    @AfterEach
    void disconnect() throws SQLException {
        statement.close();
        connection.close();
        Await.until("the end of the reading threads", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("read-ahead")));
    }

    @Test
    void everyRowComesOnceAndInOrder() throws SQLException {
        int rows = 50 * Blocks.ROWS + 7;
        int seen = 0;
        try (Blocks blocks = new ReadAhead(records(rows))) {
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
        Blocks blocks = new ReadAhead(records(2_000_000_000));
        assertThat(blocks.next()).isNotNull();
        blocks.close();
        assertThat(statement.executeQuery("SELECT 1").next())
                .as("the connection is free")
                .isTrue();
    }

    @Test
    void closingBeforeAnythingIsAskedForEndsTheStatement() throws SQLException {
        new ReadAhead(records(2_000_000_000)).close();
    }

    /** DuckDB's driver does not throw in the middle of a result; memory can run out anywhere. */
    @Test
    void whatGoesWrongIsToldAfterTheRowsBeforeItAndEachTime() throws SQLException {
        try (Blocks blocks = new ReadAhead(failingAfter(Blocks.ROWS + 1, records(10 * Blocks.ROWS)))) {
            assertThat(blocks.next()).isNotNull();
            assertThatThrownBy(blocks::next).isInstanceOf(SQLException.class).hasMessageContaining("no memory");
            assertThatThrownBy(blocks::next).isInstanceOf(SQLException.class).hasMessageContaining("no memory");
        }
    }

    private ResultSet records(int count) throws SQLException {
        return statement.executeQuery(
                "SELECT encode(range::VARCHAR) AS record, range::INTEGER AS number FROM range(%d)".formatted(count));
    }

    private static ResultSet failingAfter(int rows, ResultSet result) {
        int[] seen = new int[1];
        return (ResultSet) Proxy.newProxyInstance(
                ReadAheadTest.class.getClassLoader(), new Class<?>[] {ResultSet.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("next") && seen[0]++ == rows) {
                        throw new OutOfMemoryError("no memory");
                    }
                    return method.invoke(result, arguments);
                });
    }
}
