package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.TestSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders as they really are: with what other tools leave there, and with what cannot be looked into. */
class FolderLakeTest {
    @TempDir
    private Path root;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectories(root.resolve("t/d/data/parquet"));
        put("day=01/a.parquet");
        put("_day=1/b.parquet");
    }

    @Test
    void hiddenNamesAreLeftOutAndCounted() throws IOException {
        for (String hidden : List.of(
                "_delta_log/1.checkpoint.parquet",
                "_delta_log/2.checkpoint.parquet",
                "_delta_log/3.json",
                "_temporary/0/day=01/c.parquet",
                "day=01/.hoodie/metadata/d.parquet",
                "day=01/._a.parquet",
                "day=01/_x.parquet",
                "_SUCCESS",
                "_metadata",
                ".DS_Store")) {
            put(hidden);
        }
        try (Lake lake = lake()) {
            requireKeys(lake, "_day=1/b.parquet", "day=01/a.parquet");
            assertThat(lake.skipped())
                    .hasToString(
                            "Hidden by their names and left out: ._* (1), .hoodie (1), _* (1), _delta_log (2), _temporary (1).");
            assertThat(lake.skipped().hasLookAlikes()).isFalse();
            assertThat(lake.unlisted()).isEmpty();
        }
    }

    @Test
    void whatLooksLikeParquetIsToldAndNeverLeftSilently() throws IOException {
        put("day=01/c.parq");
        put("day=01/d.PARQUET");
        put("day=01/e.Parquet");
        put("day=01/part-00000");
        Files.writeString(folder.resolve("day=01/notes"), "text");
        Files.writeString(folder.resolve("day=01/short"), "P");
        put("day=01/f.parquet.tmp");
        try (Lake lake = lake()) {
            requireKeys(lake, "_day=1/b.parquet", "day=01/a.parquet");
            assertThat(lake.skipped().hasLookAlikes()).isTrue();
            assertThat(lake.skipped().toString())
                    .startsWith(
                            "Left out, because only names that end with .parquet are read: *.PARQUET (1), *.Parquet (1),"
                                    + " *.parq (1), no suffix (1), such as day=01/")
                    .endsWith("; rename them.");
        }
    }

    @Test
    void whatCannotBeLookedIntoIsNamedAndTheRestGoesOn() throws IOException {
        Files.createSymbolicLink(folder.resolve("day=01/back"), folder);
        Files.createSymbolicLink(folder.resolve("day=01/nothing.parquet"), root.resolve("nowhere"));
        Files.createDirectories(root.resolve("elsewhere"));
        Files.writeString(root.resolve("elsewhere/c.parquet"), Skipped.MAGIC);
        Files.createSymbolicLink(folder.resolve("day=02"), root.resolve("elsewhere"));
        try (Lake lake = lake()) {
            requireKeys(lake, "_day=1/b.parquet", "day=01/a.parquet", "day=02/c.parquet");
            assertThat(lake.unlisted())
                    .containsExactlyInAnyOrder(
                            folder.resolve("day=01/back") + " (a link that forms a loop)",
                            folder.resolve("day=01/nothing.parquet") + " (a broken link)");
        }
    }

    @Test
    void anObjectIsGoneOnlyWhereItIsNotThere() throws IOException {
        try (Lake lake = lake();
                var objects = lake.objects()) {
            var all = objects.toList();
            Files.delete(Path.of(all.get(0).url()));

            assertThat(lake.isGone(all.get(0))).isTrue();
            assertThat(lake.isGone(all.get(0).slices(10, 5).get(1))).isTrue();
            assertThat(lake.isGone(all.get(1))).isFalse();
        }
    }

    private void put(String key) throws IOException {
        Path file = folder.resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, Skipped.MAGIC.getBytes(StandardCharsets.US_ASCII));
    }

    private Lake lake() {
        return Lake.of(TestSettings.over(root, Map.of()), "t", "d", null);
    }

    private static void requireKeys(Lake lake, String... keys) {
        try (var objects = lake.objects()) {
            assertThat(objects.map(LakeObject::key)).containsExactly(keys);
        }
    }
}
