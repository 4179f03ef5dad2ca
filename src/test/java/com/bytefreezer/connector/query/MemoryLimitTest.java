package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.TestSettings;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryLimitTest {
    private static final long GB = 1_000_000_000;

    @Test
    void aSizeIsForEachDatabase() {
        MemoryLimit limit =
                MemoryLimit.of(TestSettings.over(Path.of("lake"), Map.of("duckdb.memory-limit", "1.5 GiB")));
        assertThat(limit.each(5)).isEqualTo(3L << 29);
        assertThat(limit.alone(5)).isEqualTo(3L << 29);
    }

    @Test
    void whatIsSharedIsNeverExceededByAllTogether() {
        MemoryLimit limit = MemoryLimit.shared(25 * GB, GB);
        assertThat(limit.each(1)).isEqualTo(16 * GB);
        assertThat(limit.alone(1)).isEqualTo(16 * GB);
        for (int lanes = 2; lanes <= 40; lanes++) {
            assertThat(lanes * limit.each(lanes) + limit.alone(lanes)).isLessThanOrEqualTo(16 * GB);
        }
    }

    @Test
    void aSmallContainerLeavesRoomForTheHeapAndSomeMore() {
        assertThat(MemoryLimit.shared(GB, 256_000_000).bytes()).isEqualTo(496_000_000);
        assertThat(MemoryLimit.shared(300_000_000, 256_000_000).bytes()).isEqualTo(128_000_000);
    }
}
