package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadingsTest {
    private final Readings readings = new Readings();

    @Test
    void oneLaneReadsByItself() {
        readings.added("alerts");
        assertThat(readings.of("alerts")).isEmpty();
    }

    @Test
    void lanesThatComeLaterTakePartAndThoseThatGoDoNot() {
        readings.added("alerts");
        readings.added("alerts");
        assertThat(readings.of("alerts")).isPresent().isEqualTo(readings.of("alerts"));
        readings.removed("alerts");
        assertThat(readings.of("alerts")).isEmpty();
        readings.removed("alerts");
        readings.added("alerts");
        assertThat(readings.of("alerts")).isEmpty();
    }
}
