package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UnitTest {
    /** Who answers may have to wait for a thread that wants to know how far the unit is, as the page does. */
    @Test
    void itTellsItsProgressWhileItAsksWhetherToStop() throws Exception {
        var unit = SomeBatch.unit("a.parquet");

        boolean goesOn = unit.awaitSettled(0, 1, () -> {
            CompletableFuture.supplyAsync(unit::counts)
                    .orTimeout(1, TimeUnit.MINUTES)
                    .join();
            return false;
        });

        assertThat(goesOn).isTrue();
    }
}
