package com.bytefreezer.connector.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import com.bytefreezer.connector.text.PlainText;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Standard error, which belongs to the log: text from libraries and Java's own logging becomes lines of the same kind.
 * Standard output belongs to the records. As an appender it writes log lines unchanged.
 */
public final class StandardError extends OutputStreamAppender<ILoggingEvent> {
    /** Of the appender. */
    static final String NAME = "stderr";

    private static final PrintStream ORIGINAL = System.err;

    @Override
    public void start() {
        setOutputStream(ORIGINAL);
        super.start();
    }

    /** From now on, only log lines get there. */
    public static void take() {
        System.setErr(lines(ORIGINAL, PlainText::known));
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    /** From now on, {@code format} formats each line that others write. */
    static void take(UnaryOperator<String> format) {
        System.setErr(lines(ORIGINAL, format));
    }

    /** Writes each line in the form of {@code format}. */
    public static PrintStream lines(PrintStream out, UnaryOperator<String> format) {
        return new PrintStream(new Lines(out, format), true, StandardCharsets.UTF_8);
    }

    private static final class Lines extends OutputStream {
        private final PrintStream out;
        private final UnaryOperator<String> format;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        private Lines(PrintStream out, UnaryOperator<String> format) {
            this.out = out;
            this.format = format;
        }

        @Override
        public synchronized void write(int one) {
            if (one != '\n') {
                line.write(one);
                return;
            }
            byte[] text = (format.apply(line.toString(StandardCharsets.UTF_8)) + "\n").getBytes(StandardCharsets.UTF_8);
            line.reset();
            // In one call, so that lines of several threads do not mix.
            out.write(text, 0, text.length);
            out.flush();
        }
    }
}
