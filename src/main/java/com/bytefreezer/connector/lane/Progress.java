package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.NumberFormat;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Stream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on the terminal: objects, records and the time left. Does nothing without a terminal. */
final class Progress implements AutoCloseable {
    /** The slices of an object add up to one, although a sum of thirds may be less. */
    private static final double ROUNDING = 1e-6;

    /** A terminal may have 80 columns. */
    private final NumberFormat compact =
            NumberFormat.getCompactNumberInstance(Locale.ENGLISH, NumberFormat.Style.SHORT);

    private final @Nullable ProgressBar bar;
    private double objects;
    private long records;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
        compact.setMaximumFractionDigits(1);
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

    /** Of a run; there is no bar if nobody looks at it, or if the records go to the same terminal. */
    static Progress of(Exports exports, Lane lane, Lake lake, Position position) {
        if (exports.isQuiet() || exports.isWatch() || lane.destination().equals("stdout") || !isTerminal()) {
            return none();
        }
        try (Stream<LakeObject> objects = lake.objects()) {
            Iterator<LakeObject> fresh = exports.cursor().lanes().newOnes(position, lane, objects.iterator());
            return onTerminal(lane.toString(), Units.each(fresh).count());
        }
    }

    private static Progress onTerminal(String export, long objects) {
        return new Progress(new ProgressBarBuilder()
                .setTaskName(export)
                .setUnit(" objects", 1)
                .setInitialMax(objects)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500)
                // Not System.err, because it takes only whole lines.
                .setConsumer(new ConsoleProgressBarConsumer(
                        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)))
                .build());
    }

    synchronized void unitDone(Unit unit) {
        for (LakeObject object : unit.objects()) {
            objects += object.slice() == null ? 1 : 1.0 / object.slice().count();
        }
        records += unit.counts().settled();
        if (bar != null) {
            bar.stepTo((long) (objects + ROUNDING));
            double seconds = Math.max(1, bar.getTotalElapsed().toMillis()) / 1000.0;
            bar.setExtraMessage(
                    "%s records, %s/s".formatted(compact.format(records), compact.format((long) (records / seconds))));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
