package com.bytefreezer.connector.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TextLayoutTest {
    private final LoggerContext logging = (LoggerContext) LoggerFactory.getILoggerFactory();

    @Test
    void aLineHasTimeLevelAndMessage() {
        assertThat(line(Level.INFO, null)).isEqualTo("2026-01-02T03:04:05.060Z INFO  two lines\n");
        assertThat(line(Level.ERROR, null)).isEqualTo("2026-01-02T03:04:05.060Z ERROR two lines\n");
    }

    @Test
    void aStackTraceFollowsItsLine() {
        assertThat(line(Level.DEBUG, new IOException("gone")).lines().toList())
                .startsWith(
                        "2026-01-02T03:04:05.060Z DEBUG two lines (java.io.IOException: gone)",
                        "\tjava.io.IOException: gone")
                .anyMatch(place -> place.startsWith("\tat " + TextLayoutTest.class.getName()));
    }

    @Test
    void whatLogsSecretsOrTracesIsSilent() {
        assertThat(logging.getLogger("io.netty.handler").isErrorEnabled()).isFalse();
        assertThat(logging.getLogger("org.apache.camel").getEffectiveLevel()).isEqualTo(Level.WARN);
        assertThat(logging.getLogger(TextLayout.class).getEffectiveLevel()).isEqualTo(Level.INFO);
    }

    private String line(Level level, @Nullable Throwable failure) {
        Logger logger = logging.getLogger(TextLayout.class);
        LoggingEvent event = new LoggingEvent("", logger, level, "two\nlines", failure, null);
        event.setInstant(Instant.parse("2026-01-02T03:04:05.060Z"));
        TextLayout layout = new TextLayout();
        layout.setContext(logging);
        layout.start();
        return layout.doLayout(event);
    }
}
