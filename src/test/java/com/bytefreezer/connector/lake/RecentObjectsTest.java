package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SimulatedBucket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which objects are listed when only those of recent partitions are wanted. */
class RecentObjectsTest {
    private static final Instant SINCE = Instant.parse("2026-11-20T09:30:00Z");
    private static final String DATASET = "acme/events/";
    /** Of all layouts, sorted. */
    private static final List<String> RECENT = List.of(
            "2026/11/20/10/new.parquet",
            "2026/11/20/9/straddles.parquet",
            "2026/11/20/day.parquet",
            "2026/11/21/new.parquet",
            "2026/11/month.parquet",
            "2026/12/new.parquet",
            "2026/year.parquet",
            "acme=9/host/01/not-understood.parquet",
            "flat.parquet",
            "year=2026/month=11/day=20/hour=09/straddles.parquet",
            "year=2026/month=11/day=20/hour=10/minute=3/deeper.parquet",
            "year=2026/month=11/day=20/hour=10/new.parquet",
            "year=2026/month=11/day=20/hour=24/no-hour.parquet",
            "year=2026/month=11/day=20/late/not-understood.parquet",
            "year=2026/month=11/day=20/no-hours.parquet",
            "year=2026/month=11/day=21/hour=0/unpadded.parquet",
            "year=2026/month=12/day=1/hour=7/unpadded.parquet",
            "year=2027/month=01/day=01/in-the-future.parquet",
            "year=now/not-understood.parquet");

    private static final List<String> OLD = List.of(
            "2019/01/01/old.parquet",
            "2026/11/20/08/old.parquet",
            "2026/11/19/old.parquet",
            "2026/9/30/23/old.parquet",
            "year=2025/month=12/day=31/hour=23/old.parquet",
            "year=2025/old.parquet",
            "year=2026/month=10/old.parquet",
            "year=2026/month=11/day=20/hour=08/old.parquet",
            "year=2026/month=11/day=20/hour=8/unpadded.parquet",
            "year=2026/month=11/day=9/hour=10/unpadded.parquet",
            "year=2026/month=9/day=30/hour=23/unpadded.parquet");

    private enum Kind {
        FOLDER,
        S3PROXY,
        SIMULATED
    }

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void onlyPartitionsAfterATimeAndFoldersWithoutTimeAreListed(Kind kind) throws Exception {
        List<String> all = Stream.concat(RECENT.stream(), OLD.stream()).sorted().toList();
        for (String key : all) {
            file(key);
            file(key + ".tmp");
        }
        try (S3Server s3proxy = S3Server.s3proxy();
                SimulatedBucket simulated =
                        SimulatedBucket.start(all.stream().map(DATASET::concat).toList(), key -> SINCE, new byte[1])) {
            try (Lake lake =
                    switch (kind) {
                        case FOLDER -> new FolderLake(folder, DATASET);
                        case S3PROXY -> {
                            s3proxy.createBucket("lake");
                            s3proxy.uploadFolder("lake", "", folder);
                            yield bucket(s3proxy.endpoint().toString(), s3proxy.accessKey(), s3proxy.secretKey());
                        }
                        case SIMULATED -> bucket(simulated.endpoint().toString(), "key", "secret");
                    }) {
                assertThat(keys(lake.objects(SINCE))).containsExactlyInAnyOrderElementsOf(RECENT);
                assertThat(keys(lake.objects())).containsExactlyElementsOf(all);
            }
        }
    }

    @Test
    void aRangeListsNoPartitionsThatEndBeforeItBegins() throws IOException {
        for (String key : List.of("year=2026/month=11/day=19/a.parquet", "year=2026/month=11/day=20/b.parquet")) {
            file(key);
        }
        Lake lake = ChosenLake.ofRange(
                new FolderLake(folder, DATASET), Optional.of(Instant.parse("2026-11-20T00:00:00Z")), Optional.empty());
        assertThat(keys(lake.objects())).containsExactly("year=2026/month=11/day=20/b.parquet");
        assertThat(keys(lake.objects(Instant.parse("2026-11-19T00:00:00Z"))))
                .containsExactly("year=2026/month=11/day=20/b.parquet");
        assertThat(keys(lake.objects(Instant.parse("2026-11-21T00:00:00Z")))).isEmpty();
    }

    /** 1,000 objects a day, a few an hour. */
    @ParameterizedTest
    @Tag("slow")
    @CsvSource({"2026-11-20T09:30:00Z, 2026-11-21T08:59:00Z", "2026-12-31T23:59:00Z, 2027-01-01T20:00:00Z"})
    void recentOfAHundredThousandTakeARequestPerLevelAndPartition(Instant since, Instant now) {
        List<String> all = new PackerKeys(100_000, Duration.ofSeconds(86), now);
        try (SimulatedBucket server = SimulatedBucket.start(all, PackerKeys::time, new byte[1]);
                BucketLake lake =
                        bucket(server.endpoint().toString(), "key", "secret", "nothing/here/", PackerKeys.DATASET)) {
            long expected = all.stream()
                    .filter(key -> Period.of(key).orElseThrow().to().isAfter(since))
                    .count();
            try (Stream<LakeObject> objects = lake.objects(since)) {
                Iterator<LakeObject> iterator = objects.iterator();
                iterator.next();
                assertThat(server.listings()).as("not read ahead").hasSizeLessThanOrEqualTo(2 + 4 + 1);
                long rest = 0;
                for (; iterator.hasNext(); rest++) {
                    iterator.next();
                }
                assertThat(1 + rest).isEqualTo(expected);
            }
            // The other prefix, the dataset once to see that it is there, 4 levels, and up to 15 hours and the next
            // day.
            assertThat(server.listings()).hasSizeLessThanOrEqualTo(2 + 4 + 16);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        year=2026/month=11/day=20/hour=9/a, year=2026/month=11/day=20/hour=10/a, year=2026/month=9/day=30/hour=23/a | 2026-11-20T10:00:00Z | 2026-11-20T11:00:00Z
        2025/12/31/a, 2026/01/02/a, 2026/01/02/late/a, flat                                                         | 2026-01-02T00:00:00Z | 2026-01-03T00:00:00Z
        year=2026/month=11/a, year=2026/b                                                                           | |
        year=now/a, acme=9/host/01/a, flat                                                                          | |
        """)
    void theNewestPartitionIsToldByTheNamesOfFolders(String keys, Instant from, Instant to) throws IOException {
        List<String> objects = Stream.of(keys.split(", "))
                .map("%s.parquet"::formatted)
                .sorted()
                .toList();
        for (String key : objects) {
            file(key);
        }
        Optional<Period> newest = Optional.ofNullable(from).map(begin -> new Period(begin, to));
        assertThat(new FolderLake(folder, DATASET).newest()).isEqualTo(newest);
        assertThat(new FolderLake(folder, "nothing/here").newest()).isEmpty();
        try (SimulatedBucket server = SimulatedBucket.start(
                        objects.stream().map(DATASET::concat).toList(), key -> SINCE, new byte[1]);
                BucketLake lake = bucket(server.endpoint().toString(), "key", "secret", "nothing/here/", DATASET)) {
            assertThat(lake.newest()).isEqualTo(newest);
        }
    }

    @Test
    void theNewestPartitionOfAHundredThousandObjectsTakesFourRequests() {
        Instant now = Instant.parse("2026-11-21T08:59:00Z");
        List<String> all = new PackerKeys(100_000, Duration.ofSeconds(86), now);
        try (SimulatedBucket server = SimulatedBucket.start(all, PackerKeys::time, new byte[1]);
                BucketLake lake = bucket(server.endpoint().toString(), "key", "secret", PackerKeys.DATASET)) {
            assertThat(lake.newest().orElseThrow().from()).isEqualTo(Instant.parse("2026-11-21T08:00:00Z"));
            assertThat(server.listings()).hasSize(4);
        }
    }

    private Path file(String key) throws IOException {
        Path file = folder.resolve(DATASET).resolve(key);
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    private static BucketLake bucket(String endpoint, String accessKey, String secretKey) {
        return bucket(endpoint, accessKey, secretKey, DATASET);
    }

    private static BucketLake bucket(String endpoint, String accessKey, String secretKey, String... prefixes) {
        Credentials credentials =
                Credentials.of("lake", endpoint, false, "", new Keys(accessKey, secretKey, null), null);
        return new BucketLake(
                credentials, Network.PLAIN, "lake", new LinkedHashSet<>(List.of(prefixes)), Duration.ofSeconds(30));
    }

    private static List<String> keys(Stream<LakeObject> objects) {
        try (objects) {
            return objects.map(LakeObject::key).toList();
        }
    }
}
