package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchesTest {
    /** Camel's split handles exceptions only: after an error nobody would hear of the unit again. */
    @Test
    void recordsThatDoNotFitIntoMemoryFailTheirUnit() {
        var unit = SomeBatch.unit("a.parquet");
        var error = new OutOfMemoryError("Java heap space");
        Iterator<Object> rows = new Iterator<>() {
            private int blocks;

            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public Object next() {
                if (blocks++ > 0) {
                    throw error;
                }
                return Map.of("record", new Object[] {new byte[] {'1'}, new byte[] {'2'}, new byte[] {'3'}});
            }
        };

        var batches = new Batches(unit, rows, 2, 1000, 2, () -> false);

        assertThat(batches.next().recordCount()).isEqualTo(2);
        assertThat(batches.hasNext()).isFalse();
        assertThat(unit.failure()).contains(error);
    }
}
