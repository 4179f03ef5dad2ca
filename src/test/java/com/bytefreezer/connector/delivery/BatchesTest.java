package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BatchesTest {
    /** Camel's split handles exceptions only: after an error nobody would hear of the unit again. */
    @Test
    void recordsThatDoNotFitIntoMemoryFailTheirUnit() {
        var unit = SomeBatch.unit("a.parquet");
        var error = new OutOfMemoryError("Java heap space");
        Iterator<Object[][]> rows = new Iterator<>() {
            private int blocks;

            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public Object[][] next() {
                if (blocks++ > 0) {
                    throw error;
                }
                return new Object[][] {{new byte[] {'1'}, new byte[] {'2'}, new byte[] {'3'}}};
            }
        };

        var batches = new Batches(unit, rows, 2, 1000, 2, () -> false);

        assertThat(batches.next().recordCount()).isEqualTo(2);
        assertThat(batches.hasNext()).isFalse();
        assertThat(unit.failure()).contains(error);
    }

    @Test
    void fewerBatchesAreUnderWayWhereRecordsAreLarge() {
        assertThat(underWay(10)).as("records of the usual size").isEqualTo(4);
        assertThat(underWay(12)).isEqualTo(3);
        assertThat(underWay(100)).as("each larger than all may be").isEqualTo(2);
    }

    /** How many batches are given, of one record each, while none is settled; all together may have 40 bytes. */
    private static int underWay(int bytes) {
        var unit = SomeBatch.unit("a.parquet");
        Iterator<Object[][]> rows =
                Stream.generate(() -> new Object[][] {{new byte[bytes - 1]}}).iterator();
        // Once it waits it is stopped.
        int[] asked = new int[1];
        var batches = new Batches(unit, rows, 1, 10, 4, () -> asked[0]++ > 0);
        int given = 0;
        while (batches.hasNext()) {
            batches.next();
            given++;
            asked[0] = 0;
        }
        return given;
    }
}
