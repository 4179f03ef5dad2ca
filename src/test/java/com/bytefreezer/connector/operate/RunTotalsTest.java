package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.lane.RunProgress;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTotalsTest {
    @TempDir
    private Path folder;

    @Test
    void aRunThatTakesLongerIsCountedOnce() throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < 3; i++) {
            lake.numbers("year=2026/month=11/day=20/hour=0%d/a.parquet".formatted(i), 0, 1);
        }
        Settings settings = TestRun.settings(folder, lake.settings("SELECT n FROM events"));
        ExportDefinition export = settings.exports().get(0);
        Instant run = Instant.now();
        RunProgress two = new RunProgress(2, Counts.NONE, Duration.ofSeconds(5));
        try (DefaultCamelContext routes = new DefaultCamelContext()) {
            routes.addRoutes(ChangedQueryTest.withoutCredentials());
            routes.start();
            RunTotals totals = new RunTotals(() -> new Planner(settings, routes));

            assertThat(totals.of(export, run, new RunProgress(2, Counts.NONE, Duration.ofMillis(10))))
                    .isEmpty();
            Await.until("the count", () -> totals.of(export, run, two).isPresent());
            lake.numbers("year=2026/month=11/day=20/hour=09/a.parquet", 0, 1);
            assertThat(totals.of(export, run, two)).isEqualTo(OptionalLong.of(5));
            Await.until("that of the next run", () -> totals.of(export, run.plusSeconds(1), two)
                    .equals(OptionalLong.of(6)));
        }
    }
}
