package com.bytefreezer.connector.export;

import java.io.IOException;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on the terminal: objects, records and the time left. Nothing where there is no terminal. */
final class Progress implements AutoCloseable {
    private final @Nullable ProgressBar bar;
    private long records;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    /** Whether standard error, where the bar goes, is a terminal. */
    static boolean isTerminal() {
        try {
            return Path.of("/dev/stderr").toRealPath().toString().matches("/dev/(tty|pts/).*");
        } catch (IOException e) {
            return false;
        }
    }

    static Progress none() {
        return new Progress(null);
    }

    static Progress onTerminal(String export, long objects) {
        return new Progress(new ProgressBarBuilder()
                .setTaskName(export)
                .setUnit(" objects", 1)
                .setInitialMax(objects)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500)
                .build());
    }

    synchronized void unitDone(long settled) {
        records += settled;
        if (bar != null) {
            bar.step();
            bar.setExtraMessage("%,d records, %,.0f/s"
                    .formatted(
                            records,
                            records * 1000.0 / Math.max(1, bar.getTotalElapsed().toMillis())));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
