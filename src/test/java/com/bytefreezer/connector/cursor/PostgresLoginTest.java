package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresLoginTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db.example/x",
                "jdbc:postgresql://10.0.0.7:5432/x?user=a",
                "jdbc:postgresql://localhost:1,db.example:2/x",
                "jdbc:postgresql://localhost.example/x",
                "jdbc:postgresql://127.0.0.1.example/x",
                "jdbc:postgresql://db.example/localhost"
            })
    void aServerElsewhereIsAskedForTls(String url) {
        assertThat(properties(url)).containsEntry("sslmode", "require");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://localhost/x",
                "jdbc:postgresql://127.0.0.1:5432/x?user=a",
                "jdbc:postgresql://[::1]/x",
                "jdbc:postgresql:x",
                "jdbc:postgresql:///x",
                "jdbc:postgresql://db.example/x?sslmode=disable",
                "jdbc:postgresql://db.example/x?sslmode=verify-full"
            })
    void onThisMachineAndWhereTheUrlDecidesItIsNot(String url) {
        assertThat(properties(url)).doesNotContainKey("sslmode");
    }

    private static Properties properties(String url) {
        return new PostgresAddress(url, Optional.empty(), Optional.empty(), 60).properties();
    }
}
