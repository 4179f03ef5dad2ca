package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DuckDbHereTest {
    @Test
    void theDriverLetsItselfBeKeptFromItsEvents() {
        assertThat(DuckDbHere.forgoEvents()).isTrue();
    }
}
