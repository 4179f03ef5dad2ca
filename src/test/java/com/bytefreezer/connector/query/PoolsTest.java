package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestSettings;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class PoolsTest {
    @Test
    void aThreadThatLivesOnKeepsNothingOfARun() throws Exception {
        WeakReference<DataSource> pool = usedPool();
        Await.until("the pool to be gone", () -> {
            System.gc();
            return pool.get() == null;
        });
        assertThat(pool.get()).isNull();
    }

    private static WeakReference<DataSource> usedPool() throws Exception {
        DuckDb duckDb = DuckDb.open(TestSettings.over(Path.of("samples/lake"), Map.of()), Set.of(), null, 1, true);
        try {
            DataSource pool = duckDb.dataSource();
            pool.getConnection().close();
            return new WeakReference<>(pool);
        } finally {
            duckDb.close();
        }
    }
}
