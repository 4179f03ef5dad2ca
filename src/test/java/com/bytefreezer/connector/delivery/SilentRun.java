package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import java.util.List;
import org.slf4j.LoggerFactory;

/** A run that must not tell secrets: neither its own log nor that of any library. */
public final class SilentRun {
    private SilentRun() {}

    public static TestRun batch(Settings settings, List<String> secrets) throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        var everything = new ListAppender<ILoggingEvent>();
        everything.start();
        root.addAppender(everything);
        try {
            TestRun run = TestRun.batch(settings);
            assertThat(run.log()).allMatch(line -> line.lines().count() == 1, "is one line");
            return run;
        } finally {
            root.detachAppender(everything);
            assertThat(TestLog.events(everything))
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .allSatisfy(line -> assertThat(line).doesNotContain(secrets));
        }
    }
}
