package com.bytefreezer.connector.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is logged, and where; Logback finds it as a service. In Java, because reading it from XML takes a tenth of a second. */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final List<String> SILENT = List.of(
            // Its lines hold URLs with their secrets; the connector says itself what has failed.
            "org.apache.camel.processor.errorhandler",
            // Says with a stack trace what the connector says in a line.
            "org.apache.camel.impl.engine.AbstractCamelContext",
            // It repeats each lost connection several times a second.
            "org.apache.kafka",
            // The cursor says once that its connection is lost, and when it is back.
            "com.zaxxer.hikari",
            // They tell of each request that breaks off or makes no sense, with a stack trace: whoever sends such would
            // fill
            // the log. What goes wrong in a route of the API is told by the connector.
            "io.netty",
            "io.vertx",
            "org.apache.camel.component.platform.http.vertx",
            // The same with messages of agents.
            "io.modelcontextprotocol");

    @Override
    public ExecutionStatus configure(LoggerContext logging) {
        Logger root = logging.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        // Standard output belongs to the records.
        StandardError lines = new StandardError();
        lines.setEncoder(encoder(logging, new TextLayout()));
        add(root, StandardError.NAME, lines);
        add(root, "recent", new RecentLines.Appender());
        logging.getLogger("com.bytefreezer").setLevel(Level.INFO);
        SILENT.forEach(name -> logging.getLogger(name).setLevel(Level.OFF));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static void add(Logger root, String name, Appender<ILoggingEvent> appender) {
        appender.setName(name);
        appender.setContext(root.getLoggerContext());
        appender.start();
        root.addAppender(appender);
    }

    static LayoutWrappingEncoder<ILoggingEvent> encoder(LoggerContext logging, Layout<ILoggingEvent> layout) {
        layout.setContext(logging);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(logging);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setLayout(layout);
        encoder.start();
        return encoder;
    }
}
