package com.bytefreezer.connector.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.receive.Intakes;
import com.bytefreezer.connector.spool.Counts;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.ParquetRows;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PacksTest {
    private static final int DATASETS = 40;

    @TempDir
    private Path folder;

    @Test
    void manyDatasetsAreInTheLakeAndFailingOnesHoldUpNone() throws Exception {
        try (Spool spool = spool()) {
            Intakes intakes = filled(spool);
            Shelf broken = (key, file) -> {
                throw new IOException("no such bucket");
            };
            packs(intakes, name -> name.dataset().startsWith("d3") ? broken : shelf(name))
                    .packDue();
            for (Intake each : intakes.all()) {
                boolean fails = each.spool().dataset().startsWith("d3");
                assertThat(each.spool().counts()).isEqualTo(fails ? new Counts(0, 0, 0, 2) : new Counts(2, 0, 0, 0));
                assertThat(PackHistory.read(each.spool().folder()).failing().isPresent())
                        .isEqualTo(fails);
            }
        }
        assertThat(ParquetRows.of(folder.resolve("lake"), "SELECT count(*), count(DISTINCT a) FROM one"))
                .containsExactly("58|58");
    }

    /** Otherwise thousands of small packs would wait for the lake one after the other. */
    @Test
    void aLakeThatAnswersLateIsAskedForSeveralDatasetsAtOnce() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        try (Spool spool = spool()) {
            Intakes intakes = filled(spool);
            packs(intakes, name -> (key, file) -> {
                        try {
                            together.await(2, TimeUnit.MINUTES);
                        } catch (Exception e) {
                            throw new IOException("alone", e);
                        }
                        shelf(name).put(key, file);
                    })
                    .packDue();
            assertThat(intakes.all())
                    .allSatisfy(each -> assertThat(each.spool().counts()).isEqualTo(new Counts(2, 0, 0, 0)));
        }
    }

    private Spool spool() {
        return Spool.open(folder.resolve("spool"), 100_000_000);
    }

    private static Intakes filled(Spool spool) {
        Intakes intakes = new Intakes(spool);
        for (int i = 0; i < DATASETS; i++) {
            Intake intake = intakes.of(new DatasetName("t", "d" + i));
            EventSplitter splitter = new EventSplitter(Format.NDJSON, 1_000_000, intake.batch());
            byte[] events = "{\"a\":%d}\n{\"a\":%d}\n".formatted(i, i + 1000).getBytes(UTF_8);
            splitter.take(events, 0, events.length);
            intake.append(splitter.end(Optional.empty()));
        }
        return intakes;
    }

    private Shelf shelf(DatasetName name) {
        return new FolderShelf(folder.resolve("lake/" + name));
    }

    private Packs packs(Intakes intakes, Function<DatasetName, Shelf> shelves) throws SettingsException {
        Map<String, String> options = Map.of("lake.root", "file:" + folder.resolve("lake"));
        Settings settings = Settings.load(new Settings.Sources(
                Mode.PACK,
                options,
                Map.of(),
                null,
                folder,
                RouteFiles.in(TestTools.projectDirectory().resolve("routes"))));
        Packer packer = new Packer("zstd", 256_000_000, 2, folder.resolve("tmp"), folder.resolve("dead"));
        return new Packs(
                intakes,
                packer,
                new Recipes(settings),
                shelves,
                new Packs.Due(1_000_000, Duration.ZERO),
                Clock.systemUTC());
    }
}
