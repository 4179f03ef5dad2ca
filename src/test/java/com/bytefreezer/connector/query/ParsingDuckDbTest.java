package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class ParsingDuckDbTest {
    private static Connection used() throws SQLException {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            return duckDb.connection();
        }
    }

    @Test
    void theNextOneIsTheSame() throws Exception {
        try (ParsingDuckDb first = ParsingDuckDb.open()) {
            Query.parse("SELECT a FROM events", first.connection(), name -> false);
        }
        assertThat(used()).isSameAs(used());
    }

    @Test
    void whoParsesHasItAlone() throws Exception {
        try (ParsingDuckDb one = ParsingDuckDb.open();
                ParsingDuckDb other = ParsingDuckDb.open()) {
            assertThat(one.connection()).isNotSameAs(other.connection());
        }
    }

    @Test
    void oneThatAnswersNoLongerIsReplaced() throws Exception {
        Connection broken;
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            broken = duckDb.connection();
            broken.close();
        }
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            assertThat(duckDb.connection()).isNotSameAs(broken);
            assertThat(Query.parse("SELECT a FROM events", duckDb.connection(), name -> false)
                            .isRepeatable())
                    .isTrue();
        }
    }

    @Test
    void itReadsNoFileAndKeepsItsSettings() throws Exception {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            assertThatThrownBy(() -> DuckDb.execute(duckDb.connection(), "FROM read_text('/etc/hostname')"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("disabled by configuration");
            assertThatThrownBy(() -> DuckDb.execute(duckDb.connection(), "SET threads=2"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("locked");
        }
    }
}
