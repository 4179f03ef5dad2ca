package com.bytefreezer.connector.app;

import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.signs.Retrying;
import com.bytefreezer.connector.text.Table;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The state of the lanes, a line for each, for {@code --mode status}. */
final class StatusTable {
    private static final List<String> HEAD = List.of(
            "EXPORT",
            "STATE",
            "LAG",
            "LAST SUCCESS",
            "SELECTED",
            "ACCEPTED",
            "DUPLICATES",
            "DEAD LETTERS",
            "LAST ERROR");

    private StatusTable() {}

    static void print(List<LaneStatus> lanes, PrintStream out) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        lanes.forEach(lane -> rows.add(row(lane)));
        Table.lines(rows, "  ").forEach(out::println);
        lanes.stream()
                .filter(lane -> lane.leftOut() != null)
                .forEach(lane -> out.printf("%s: %s%n", lane.lane(), lane.leftOut()));
    }

    private static List<String> row(LaneStatus lane) {
        return List.of(
                lane.lane().toString(),
                lane.state(),
                lane.lagSeconds() == null ? "-" : lag(lane.lagSeconds()),
                time(lane.lastSuccess()),
                String.valueOf(lane.totals().selected()),
                String.valueOf(lane.totals().accepted()),
                String.valueOf(lane.totals().duplicates()),
                String.valueOf(lane.deadLetters()),
                problem(lane));
    }

    private static String problem(LaneStatus lane) {
        Retrying retrying = lane.retrying();
        if (retrying != null) {
            return "for %d s: %s".formatted(retrying.lasting().toSeconds(), retrying.why());
        }
        return lane.lastError() == null ? "-" : lane.lastError();
    }

    private static String lag(long seconds) {
        Duration lag = Duration.ofSeconds(seconds);
        return lag.toDays() > 1
                ? lag.toDays() + " d"
                : lag.toHours() > 1
                        ? lag.toHours() + " h"
                        : lag.toMinutes() > 1 ? lag.toMinutes() + " min" : seconds + " s";
    }

    static String time(@Nullable Instant time) {
        return time == null ? "-" : time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
