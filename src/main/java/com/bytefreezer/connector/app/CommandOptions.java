package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Mode;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options of an operator's modes on the command line, see {@link Command}. */
public final class CommandOptions {
    private static final Set<Mode> MODES = EnumSet.of(Mode.STATUS, Mode.PLAN, Mode.VALIDATE, Mode.REPLAY);

    @Option(
            names = {"--export", "-export"},
            paramLabel = "NAME[/DESTINATION]",
            description = "status, plan, validate, replay: this export only")
    private String export = "";

    @Option(
            names = {"--from", "-from"},
            paramLabel = "TIME",
            description =
                    "plan, replay: objects whose partition starts at this time or later, e.g. 2026-11-20T00:00:00Z, delivered or not; the cursor stays unchanged")
    private String from = "";

    @Option(
            names = {"--to", "-to"},
            paramLabel = "TIME",
            description = "plan, replay: objects whose partition starts before this time")
    private String to = "";

    @Option(
            names = {"--changed-lookup", "-changed-lookup"},
            paramLabel = "NAME",
            description =
                    "replay: delivered records that match entries of this lookup added since the exports last used it; with --from and --to only those")
    private String changedLookup = "";

    @Option(
            names = {"--rate", "-rate"},
            paramLabel = "RECORDS",
            description = "replay: maximum records per second to each destination")
    private String rate = "";

    @Option(
            names = {"--check", "-check"},
            description =
                    "validate: also asks the destinations, without writing to them, whether they accept the login and take the columns of the queries")
    private boolean check;

    @Option(
            names = {"--json", "-json"},
            description = "status, plan: JSON instead of text")
    private boolean json;

    /** The options that are also settings. */
    public Map<String, String> settings() {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("query.from", from);
        given.put("query.to", to);
        given.put("delivery.max-records-per-second", rate);
        given.values().removeIf(String::isEmpty);
        return given;
    }

    /** The problem if an option is given that {@code mode} does not have. */
    public Optional<String> misplacedIn(Mode mode) {
        Map<String, Set<Mode>> given = new LinkedHashMap<>();
        given.put(export.isEmpty() ? "" : "--export", MODES);
        given.put(isRange() ? "--from and --to" : "", EnumSet.of(Mode.PLAN, Mode.REPLAY));
        given.put(changedLookup.isEmpty() ? "" : "--changed-lookup", EnumSet.of(Mode.REPLAY));
        given.put(rate.isEmpty() ? "" : "--rate", EnumSet.of(Mode.REPLAY));
        given.put(check ? "--check" : "", EnumSet.of(Mode.VALIDATE));
        given.put(json ? "--json" : "", EnumSet.of(Mode.STATUS, Mode.PLAN));
        given.remove("");
        return given.entrySet().stream()
                .filter(option -> !option.getValue().contains(mode))
                .findFirst()
                .map(option -> "%s: only for --mode %s. Not started."
                        .formatted(
                                option.getKey(),
                                String.join(
                                        " or ",
                                        option.getValue().stream()
                                                .map(Mode::toString)
                                                .toList())));
    }

    /** The chosen export or lane; empty for all. */
    String export() {
        return export;
    }

    /** The name of the lookup, in lower case; empty for none. */
    String changedLookup() {
        return changedLookup.toLowerCase(Locale.ROOT);
    }

    boolean asksDestinations() {
        return check;
    }

    boolean isJson() {
        return json;
    }

    boolean isRange() {
        return !from.isEmpty() || !to.isEmpty();
    }
}
