package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cursor file that a connector of schema 1 left, which knew no ETags, goes on without a repeat. */
class FormerCursorTest {
    private static final Lane LANE = new Lane("default", "webhook");
    private static final String HOUR = "year=2026/month=11/day=20/hour=12/";
    private static final Instant FIRST = Instant.parse("2026-11-20T12:00:00Z");
    private static final String FORMER_QUERY = "d909268b-f332-3fb7-9da1-82b1f61e4c28";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void leaveFormerCursor() throws Exception {
        file = folder.resolve("cursor.db");
        try (InputStream script = getClass().getResourceAsStream("/cursor/version-1.sql");
                Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            String text = new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
            for (String each : text.split(";\n")) {
                statement.execute(each);
            }
        }
    }

    @Test
    void knowsWhatIsDeliveredAndLearnsItsEtag() {
        LakeObject delivered = new LakeObject("u", HOUR + "a.parquet", 8283, FIRST, "\"e1\"", null);
        LakeObject copied = new LakeObject("u", HOUR + "a.parquet", 8283, FIRST.plusSeconds(60), "\"e1\"", null);
        try (Cursor cursor = Cursor.open(file, Duration.ofHours(24))) {
            assertThat(isNew(cursor, delivered)).isFalse();
            assertThat(isNew(cursor, copied)).isFalse();
            assertThat(isNew(cursor, new LakeObject("u", HOUR + "new.parquet", 8283, FIRST)))
                    .isTrue();
        }
    }

    @Test
    void finishesWhatIsBegunWithTheIdsItWasBegunWith() throws Exception {
        LakeObject begun = new LakeObject("u", HOUR + "big.parquet", 714862, FIRST.plusSeconds(2), "\"e1\"", null);
        try (Cursor cursor = Cursor.open(file, Duration.ofHours(24));
                DefaultCamelContext camel = new DefaultCamelContext()) {
            CursorContract.Recorded unit =
                    CursorContract.unit(LANE, FORMER_QUERY, new Counts(5000, 5000, 0, 0), null, begun);
            Exchange exchange = new DefaultExchange(camel);
            exchange.setVariable(Cursor.UNIT, unit);
            assertThat(cursor.add(exchange, "key")).isTrue();
            assertThat(unit.claimed.accepted()).isEqualTo(4000);
            assertThat(unit.finishesFormer).isTrue();
            cursor.checkpoint(unit);
            cursor.remove(exchange, "key");

            assertThat(cursor.add(exchange, "key")).isTrue();
            assertThat(unit.claimed.accepted()).isEqualTo(5000);
            assertThat(unit.finishesFormer).as("after another kill").isTrue();
        }
    }

    @Test
    void whatOnlyLooksSaysThatItMustBeStartedOnce() {
        CursorView looking = CursorView.of(TestRun.settings(folder, Map.of()));
        assertThatThrownBy(() -> looking.position(LANE))
                .isInstanceOf(ConnectorException.class)
                .hasMessage(
                        "cursor %s: an earlier connector wrote it (schema 1; this one knows 10). Nothing was read. Start this connector once in batch or watch mode: it updates the cursor and repeats nothing.",
                        file);
        Cursor.open(file, Duration.ofHours(24)).close();
        assertThat(looking.position(LANE)).isPresent();
    }

    private static boolean isNew(Cursor cursor, LakeObject object) {
        return cursor.lanes()
                .newOnes(cursor.lanes().position(LANE), LANE, List.of(object).iterator())
                .hasNext();
    }
}
