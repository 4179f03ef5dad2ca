package com.bytefreezer.connector.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.LoggingLevel;
import org.apache.camel.TypeConversionException;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConstantConvertersTest {
    @TempDir
    private Path folder;

    private Main camel;
    private CamelContext context;

    @BeforeEach
    void open() throws Exception {
        camel = DeliveryCamel.prepare(
                TestRun.settings(folder, Map.of()), List.of(Path.of("routes/delivery.camel.yaml")));
        context = DeliveryCamel.init(camel);
    }

    @AfterEach
    void close() {
        camel.stop();
    }

    @Test
    void camelNeedNotSearchForTheLevelsOfRetries() {
        assertThat(context.getTypeConverterRegistry().lookup(LoggingLevel.class, String.class))
                .isNotNull();
        for (LoggingLevel level : LoggingLevel.values()) {
            assertThat(level(level.name())).isEqualTo(level);
        }
        assertThat(level(" warn ")).isEqualTo(LoggingLevel.WARN);
    }

    @Test
    void aLevelThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> level("loud"))
                .isInstanceOf(TypeConversionException.class)
                .hasStackTraceContaining("loud");
    }

    private LoggingLevel level(String name) {
        return context.getTypeConverter().convertTo(LoggingLevel.class, name);
    }
}
