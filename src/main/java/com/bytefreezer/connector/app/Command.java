package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedList;
import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.LaneLookups.Used;
import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.destination.DestinationCheck;
import com.bytefreezer.connector.operate.ExportPlan;
import com.bytefreezer.connector.operate.ExportStatus;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.operate.Lookup;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.operate.Planner;
import com.bytefreezer.connector.operate.Replay;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's modes: status, plan, validate and replay. Each returns an exit code: 0, or 1 if a person must look at
 * something. Used by one thread.
 */
public final class Command {
    private static final Logger LOG = LoggerFactory.getLogger(Command.class);
    private static final ObjectMapper JSON = Json.mapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int FAILED = 1;
    private static final int MOST_NAMED = 50;

    private final Settings settings;
    private final Secrets secrets;
    private final CommandOptions options;
    private final PrintStream out;

    /** Runs exports once and returns the exit code. A signal that ends the process closes {@code scratch}; otherwise the caller does. */
    @FunctionalInterface
    public interface Exporter {
        /** @param prepare gets the connector before it starts */
        int export(Settings settings, Predicate<Lane> lanes, AutoCloseable scratch, Consumer<Connector> prepare)
                throws Exception;
    }

    public Command(Settings settings, Secrets secrets, CommandOptions options, PrintStream out) {
        this.settings = settings;
        this.secrets = secrets;
        this.options = options;
        this.out = out;
    }

    /** Prints the state of the exports, feeds and packs; 1 if the last run or pack of one failed, or a feed fails. */
    public int status() throws JsonProcessingException {
        Operations operations = operations();
        List<ExportDefinition> exports = chosen(operations.exports());
        List<LaneStatus> lanes = operations.status().of(exports);
        FeedList.All feeds = feeds();
        if (options.isJson()) {
            print(Map.of(
                    "exports",
                    ExportStatus.of(operations, exports),
                    "feeds",
                    feeds.feeds(),
                    "files",
                    feeds.files(),
                    "sources",
                    feeds.sources()));
        } else {
            StatusTable.print(lanes, out);
            FeedTables.print(feeds, out);
        }
        if (feeds.sourceProblem() != null) {
            LOG.warn("source objects: {}", feeds.sourceProblem());
        }
        settings.exports().stream()
                .filter(export ->
                        exports.stream().noneMatch(lane -> lane.export().equals(export.export())))
                .filter(export -> options.export().isEmpty())
                .forEach(export -> LOG.warn("export {}: none of its datasets has been exported yet.", export.name()));
        return feeds.isFailing() || lanes.stream().anyMatch(lane -> lane.lastError() != null || lane.retrying() != null)
                ? FAILED
                : 0;
    }

    private FeedList.All feeds() {
        if (!options.export().isEmpty()) {
            return FeedList.All.NONE;
        }
        try {
            return new FeedList(settings, FeedsHere.NONE, secrets).all();
        } catch (ConnectorException e) {
            LOG.warn("{}", e.getMessage());
            return FeedList.All.NONE;
        }
    }

    /** Prints what the next run of each export would do. */
    public int plan() throws Exception {
        Map<String, ExportPlan> plans = new TreeMap<>();
        int code = 0;
        try (Lookup lookup = new Lookup(settings, secrets)) {
            for (ExportDefinition export : chosen(lookup)) {
                try {
                    ExportPlan plan = options.isRange()
                            ? lookup.planner().planAll(export, object -> true, OptionalLong.empty())
                            : lookup.planner().plan(export);
                    plans.put(export.lane().toString(), plan);
                    if (!options.isJson()) {
                        out.printf("%s: %s%n", export.lane(), plan.sentence());
                        out.printf(
                                "  %s (query.sync=%s): %s; reads %s, %s%s%n",
                                plan.covers(),
                                export.sync(),
                                plan.reason(),
                                ExportPlan.counted(plan.objects(), "object"),
                                ExportPlan.bytes(plan.bytes()),
                                plan.records() == null ? "" : ", " + ExportPlan.counted(plan.records(), "record"));
                        plan.notes().forEach(note -> out.printf("  %s%n", note));
                    }
                } catch (ConnectorException e) {
                    LOG.error("export {}: {}", export.lane(), e.saying(""));
                    code = FAILED;
                }
            }
        }
        List<FeedTables.Due> packs = FeedTables.due(feeds(), settings);
        if (options.isJson()) {
            Map<String, Object> all = new TreeMap<>(plans);
            all.put("packs", packs);
            print(all);
        } else {
            packs.forEach(pack -> out.println(pack));
        }
        return code;
    }

    /** Prints a line for each problem, or "valid". Delivers nothing. */
    public int validate() throws Exception {
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        List<ExportDefinition> exports;
        try (Lookup lookup = new Lookup(settings, secrets)) {
            exports = chosen(lookup, problems, notes);
            checkRoutes(exports, problems);
            exports.forEach(export -> check(export, lookup.planner(), problems, notes));
            if (options.asksDestinations() && problems.isEmpty()) {
                exports.forEach(export -> ask(export, lookup, problems, notes));
            }
        }
        settings.destinations().stream()
                .flatMap(name -> settings.routes().description(name).stream())
                .flatMap(destination -> destination.settings().stream())
                .flatMap(setting -> setting.unknownMark().stream())
                .forEach(problem -> notes.add("note: " + problem));
        Stream.concat(problems.stream(), notes.stream()).distinct().forEach(line -> out.println(secrets.mask(line)));
        if (problems.isEmpty()) {
            out.printf("valid: %s%n", ExportPlan.counted(exports.size(), "export"));
        }
        return problems.isEmpty() ? 0 : FAILED;
    }

    /** Loads the routes, and lets the destinations check the names of the datasets. */
    private void checkRoutes(List<ExportDefinition> exports, List<String> problems) {
        try (Scratch scratch = Scratch.ofExports(settings, secrets);
                Connector connector =
                        new Connector(scratch.settings(), secrets, Cursor.open(scratch.settings()), Mode.VALIDATE)) {
            connector.load();
            for (ExportDefinition export : exports) {
                try {
                    connector.requireNames(export);
                } catch (ConnectorException e) {
                    problems.add("export %s: %s".formatted(export.name(), e.getMessage()));
                }
            }
        } catch (Exception e) {
            problems.add("routes: " + Failures.describe(e));
        }
    }

    /** Asks the destination of an export whether it takes what the export would send. */
    private void ask(ExportDefinition export, Lookup lookup, List<String> problems, List<String> notes) {
        Destination destination =
                settings.routes().description(export.destination()).orElseThrow();
        RecordSample sample = null;
        if (destination.hasCheck()) {
            try {
                sample = lookup.planner().sample(export).orElse(null);
            } catch (ConnectorException e) {
                notes.add("note: export %s: its columns were not compared: %s".formatted(export.name(), e.saying("")));
            }
        }
        Check check =
                new DestinationCheck(settings.of(export.destination()), lookup.routes()).check(destination, sample);
        String line = "export %s: %s: %s".formatted(export.name(), export.destination(), check.message());
        if (check.status().equals("failed")) {
            problems.add(line);
        } else {
            notes.add("note: " + line);
        }
    }

    private static void check(ExportDefinition export, Planner planner, List<String> problems, List<String> notes) {
        try {
            planner.query(export);
        } catch (ConnectorException e) {
            problems.add("export %s: %s".formatted(export.name(), e.saying("")));
            return;
        }
        try {
            if (!planner.hasObjects(export)) {
                notes.add("note: export %s: its SQL could not be checked with data: dataset %s/%s has no objects."
                        .formatted(export.name(), export.tenant(), export.dataset()));
                return;
            }
        } catch (ConnectorException e) {
            notes.add("note: export %s: its SQL could not be checked with data: %s"
                    .formatted(export.name(), e.getMessage()));
            return;
        }
        try {
            planner.bind(export);
        } catch (ConnectorException e) {
            problems.add("export %s: %s".formatted(export.name(), e.saying("")));
        }
    }

    /**
     * Delivers dead letters again, and lets the next run try the objects that are set aside. With {@code --from} and {@code --to}, delivers a range of the lake again; that ignores the cursor and uses one of its own, so that a watch may run meanwhile.
     */
    public int replay(Exporter exporter) throws Exception {
        if (!options.changedLookup().isEmpty()) {
            return hunt(exporter);
        }
        if (options.isRange()) {
            Set<Lane> lanes;
            try (Lookup lookup = new Lookup(settings, secrets)) {
                lanes = chosen(lookup).stream().map(ExportDefinition::lane).collect(Collectors.toSet());
            }
            try (Scratch scratch = Scratch.ofExports(settings, secrets)) {
                return exporter.export(scratch.settings(), lanes::contains, scratch, connector -> {});
            }
        }
        Operations operations = operations();
        List<ExportDefinition> exports = chosen(operations.exports());
        int code = 0;
        for (ExportDefinition export : exports) {
            int triedAgain = operations.retrySetAside(export);
            if (triedAgain > 0) {
                out.printf("%s: %d objects were set aside; the next run tries them again%n", export.lane(), triedAgain);
            }
            Replay.Result result = operations.replay().replay(export, Set.of());
            out.printf(
                    "%s: %d dead letters replayed, %d stay%s%n",
                    export.lane(),
                    result.replayed(),
                    result.failed(),
                    result.message() == null ? "" : " (" + secrets.mask(result.message()) + ")");
            code = result.failed() > 0 ? FAILED : code;
        }
        return code;
    }

    private int hunt(Exporter exporter) throws Exception {
        String name = options.changedLookup();
        Set<Lane> lanes;
        try (Lookup lookup = new Lookup(settings, secrets)) {
            lanes = chosen(lookup).stream().map(ExportDefinition::lane).collect(Collectors.toSet());
        }
        RetroHunt hunt = new RetroHunt(settings, secrets);
        List<Used> used = hunt.used().stream()
                .filter(each -> each.name().equals(name) && lanes.contains(each.lane()))
                .toList();
        if (used.isEmpty()) {
            throw new ConnectorException(
                    "no run of these exports has used a lookup %s. Nothing was delivered. Let them run first (--mode batch or watch)."
                            .formatted(name));
        }
        int code = 0;
        for (Used each : used) {
            hunt.requireCurrent(each);
            if (!each.hasChanged()) {
                out.printf("%s: lookup %s has not changed since everything was delivered%n", each.lane(), name);
                continue;
            }
            boolean done;
            try (RetroHunt.Claim claim = hunt.claimInTurn(each).orElseThrow(() -> isBusy(each))) {
                done = hunt.hunt(claim, (scratch, one) -> {
                    AutoCloseable rest = () -> {
                        try (scratch;
                                claim) {
                            // Both, even if one fails.
                        }
                    };
                    return exporter.export(
                                    scratch.settings(),
                                    each.lane()::equals,
                                    rest,
                                    connector -> connector.exports.hunt(each.lane(), one))
                            == 0;
                });
            }
            if (done) {
                out.printf("%s: everything that the new entries of lookup %s match is delivered%n", each.lane(), name);
            }
            code = done ? code : FAILED;
        }
        return code;
    }

    private static ConnectorException isBusy(Used used) {
        return new ConnectorException(
                "%s: another process hunts for new entries of lookup %s, or its version has just changed."
                        .formatted(used.lane(), used.name()),
                "Nothing was delivered.",
                "Try again when the other process has ended.",
                null);
    }

    private List<ExportDefinition> chosen(Lookup lookup) {
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        List<ExportDefinition> chosen = chosen(lookup, problems, notes);
        problems.forEach(LOG::error);
        notes.forEach(LOG::warn);
        return chosen;
    }

    /** The chosen exports; adds a line for each export that lacks some or all datasets. */
    private List<ExportDefinition> chosen(Lookup lookup, List<String> problems, List<String> notes) {
        Lookup.Lanes lanes = lookup.lanes(settings.exports().stream()
                .filter(export -> isNamed(export.export(), export.destination()))
                .toList());
        lanes.unknown().forEach((what, why) -> problems.add("export %s: %s".formatted(what, why)));
        lanes.without().forEach((export, why) -> notes.add("export %s: %s".formatted(export, why)));
        return lanes.exports().isEmpty() && !lanes.without().isEmpty() ? List.of() : chosen(lanes.exports());
    }

    /** Whether {@code --export} may mean this export or one of its datasets. */
    private boolean isNamed(String export, String destination) {
        return options.export().isEmpty()
                || options.export().equals(export)
                || options.export().equals(new Lane(export, destination).toString())
                || options.export().startsWith(export + "@");
    }

    private List<ExportDefinition> chosen(List<ExportDefinition> all) {
        List<ExportDefinition> chosen = all.stream()
                .filter(export -> options.export().isEmpty()
                        || export.name().equals(options.export())
                        || export.export().equals(options.export())
                        || export.lane().ofAll().toString().equals(options.export())
                        || export.lane().toString().equals(options.export()))
                .toList();
        if (chosen.isEmpty() && !options.export().isEmpty()) {
            throw new ConnectorException("there is no export %s. Nothing was done. There are: %s."
                    .formatted(
                            options.export(),
                            all.isEmpty()
                                    ? settings.exports().stream()
                                            .map(export -> export.lane().toString())
                                            .collect(Collectors.joining(" "))
                                    : all.stream()
                                            .map(export -> export.lane().toString())
                                            .limit(MOST_NAMED)
                                            .collect(Collectors.joining(" "))));
        }
        return chosen;
    }

    private Operations operations() {
        return Operations.ofStore(settings, () -> {
            throw new IllegalStateException("no routes are needed");
        });
    }

    private void print(Object value) throws JsonProcessingException {
        out.println(JSON.writeValueAsString(value));
    }
}
