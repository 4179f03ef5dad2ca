package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LakeObjectTest {
    @ParameterizedTest
    @CsvSource({
        "year=2026/month=11/day=20/hour=01/a.parquet, 2026-11-20T01:00:00Z",
        "year=2026/month=3/day=5/a.parquet, 2026-03-05T00:00:00Z",
        "2026/11/20/a.parquet, 2026-11-20T00:00:00Z",
        "2026/11/20/23/a.parquet, 2026-11-20T23:00:00Z",
        "region=eu/year=2026/month=11/day=20/a.parquet, 2026-11-20T00:00:00Z",
        "a.parquet,",
        "year=2026/month=13/day=20/a.parquet,",
        "year=2026/month=11/a.parquet,",
    })
    void thePartitionTellsWhenItBegins(String key, Instant time) {
        assertThat(new LakeObject("s3://b/" + key, key, 1, Instant.EPOCH)
                        .partitionTime()
                        .orElse(null))
                .isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.parquet", "a#000000000000-000000000001", "a#b.parquet", "a#1-2"})
    void aSliceIsFoundAgainByItsKey(String key) {
        LakeObject object = new LakeObject("s3://b/" + key, key, 7, Instant.EPOCH, "etag", null);

        assertThat(object.slices(3_000_000, 1_000_000)).allSatisfy(slice -> {
            LakeObject part = object.part(slice.key());
            assertThat(LakeObject.keyOfWhole(slice.key())).isEqualTo(key);
            assertThat(part.identity()).isEqualTo(slice.identity());
            assertThat(part.slice())
                    .usingRecursiveComparison()
                    .ignoringFields("count")
                    .isEqualTo(slice.slice());
        });
        assertThat(object.part(key)).isEqualTo(object);
    }
}
