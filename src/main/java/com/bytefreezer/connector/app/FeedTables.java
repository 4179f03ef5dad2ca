package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedList;
import com.bytefreezer.connector.api.feeds.FeedState;
import com.bytefreezer.connector.api.feeds.FilledDataset;
import com.bytefreezer.connector.api.feeds.SourceList;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.operate.ExportPlan;
import com.bytefreezer.connector.text.Table;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The state of feeds and packs, for {@code --mode status}, and what packs have to do, for {@code --mode plan}. */
final class FeedTables {
    private FeedTables() {}

    /**
     * What the next pack of a dataset takes.
     *
     * @param what events or source objects
     * @param due when it is made at the latest, if it does not fail
     */
    record Due(
            @JsonProperty("tenant_id") String tenant,
            @JsonProperty("dataset_id") String dataset,
            @JsonProperty("what") String what,
            @JsonProperty("count") long count,
            @JsonProperty("bytes") long bytes,
            @JsonProperty("due_at") String due) {
        @Override
        public String toString() {
            return "pack of dataset %s/%s: %s, %s, by %s"
                    .formatted(tenant, dataset, ExportPlan.counted(count, what), ExportPlan.bytes(bytes), due);
        }
    }

    /** Nothing of feeds that are closed. */
    static void print(FeedList.All all, PrintStream out) {
        List<FeedState> open = all.files().stream()
                .filter(feed -> feed.state() != FeedState.State.CLOSED)
                .toList();
        if (!open.isEmpty()) {
            table(
                    List.of("FEED", "STATE", "INPUT", "ADDRESS", "PROBLEM"),
                    open.stream()
                            .map(feed -> List.of(
                                    feed.name(),
                                    feed.state() == FeedState.State.ELSEWHERE
                                            ? "not running"
                                            : feed.state().name().toLowerCase(Locale.ROOT),
                                    feed.input(),
                                    dash(feed.address()),
                                    dash(feed.problem())))
                            .toList(),
                    out);
        }
        printDatasets(all.feeds(), out);
        printSources(all.sources(), out);
    }

    private static void printDatasets(List<FilledDataset> datasets, PrintStream out) {
        if (datasets.isEmpty()) {
            return;
        }
        table(
                List.of(
                        "DATASET",
                        "LAST EVENT",
                        "RECEIVED",
                        "PACKED",
                        "DROPPED",
                        "DEAD LETTERS",
                        "SPOOLED",
                        "SPOOL BYTES",
                        "OLDEST SPOOLED",
                        "LAST PACK FAILED"),
                datasets.stream()
                        .map(each -> List.of(
                                new DatasetName(
                                                each.state().tenant(),
                                                each.state().dataset())
                                        .toString(),
                                time(each.state().lastEvent()),
                                String.valueOf(each.state().received()),
                                String.valueOf(each.state().packed()),
                                String.valueOf(each.state().dropped()),
                                String.valueOf(each.state().deadLetters()),
                                String.valueOf(each.state().spooled()),
                                String.valueOf(each.state().spoolBytes()),
                                time(each.state().oldestSpooled()),
                                dash(each.problem())))
                        .toList(),
                out);
    }

    private static void printSources(List<SourceList.Filled> sources, PrintStream out) {
        if (sources.isEmpty()) {
            return;
        }
        table(
                List.of(
                        "DATASET",
                        "SOURCE OBJECTS",
                        "PACKED",
                        "DROPPED",
                        "DEAD LETTERS",
                        "WAITING",
                        "PLANNED",
                        "UNREADABLE",
                        "LAST PACK FAILED"),
                sources.stream()
                        .map(each -> List.of(
                                new DatasetName(each.tenant(), each.dataset()).toString(),
                                String.valueOf(each.objects()),
                                String.valueOf(each.packed()),
                                String.valueOf(each.dropped()),
                                String.valueOf(each.deadLetters()),
                                each.waiting() == null ? "-" : String.valueOf(each.waiting()),
                                String.valueOf(each.planned()),
                                String.valueOf(each.setAside()),
                                dash(each.problem())))
                        .toList(),
                out);
    }

    private static void table(List<String> head, List<List<String>> rows, PrintStream out) {
        List<List<String>> all = new ArrayList<>();
        all.add(head);
        all.addAll(rows);
        out.println();
        Table.lines(all, "  ").forEach(out::println);
    }

    private static String time(@Nullable String time) {
        return StatusTable.time(time == null ? null : Instant.parse(time));
    }

    private static String dash(@Nullable String text) {
        return text == null || text.isEmpty() ? "-" : text;
    }

    /** What packs have to do. */
    static List<Due> due(FeedList.All all, Settings settings) {
        int age = settings.integer("pack.timeout-seconds");
        List<Due> due = new ArrayList<>();
        for (FilledDataset each : all.feeds()) {
            String oldest = each.state().oldestSpooled();
            if (each.state().spooled() > 0 && oldest != null) {
                due.add(new Due(
                        each.state().tenant(),
                        each.state().dataset(),
                        "event",
                        each.state().spooled(),
                        each.state().spoolBytes(),
                        time(Instant.parse(oldest).plusSeconds(age).toString())));
            }
        }
        for (SourceList.Filled each : all.sources()) {
            Long waiting = each.waiting();
            Long bytes = each.waitingBytes();
            String oldest = each.oldestWaiting();
            if (waiting != null && bytes != null && oldest != null) {
                due.add(new Due(
                        each.tenant(),
                        each.dataset(),
                        "source object",
                        waiting,
                        bytes,
                        time(Instant.parse(oldest).plusSeconds(age).toString())));
            }
        }
        return due;
    }
}
