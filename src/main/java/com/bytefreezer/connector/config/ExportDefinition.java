package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The description of a lane, from its file in {@code routes/exports} and the settings: for one dataset, or, with a {@link #choice}, for all its datasets, see {@link #at}. Values that nothing sets are empty. Camel gets only the
 * names, because it would evaluate the other texts.
 *
 * @param lane with the dataset if it is one of a choice
 * @param tenant of the dataset; as written if there is a choice
 * @param dataset likewise
 * @param choice the chosen datasets; null for a single one
 * @param batchSize maximum records of a batch
 * @param interval pause between two runs in watch mode
 * @param enabled whether it runs; otherwise it is paused
 */
public record ExportDefinition(
        Lane lane,
        String tenant,
        String dataset,
        String sql,
        Sync sync,
        int batchSize,
        Duration interval,
        boolean enabled,
        @Nullable DatasetChoice choice) {
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\{\\{\\??([a-z0-9-]+(?:\\.[a-z0-9-]+)+)(?::([^{}]*))?}}");
    private static final Pattern BRACES =
            Pattern.compile("([{](?=(?:/\\*\\*/)*[{])|}(?=(?:/\\*\\*/)*}))((?:/\\*\\*/)*)");
    private static final Pattern ESCAPED_BRACES =
            Pattern.compile("([{](?=(?:/\\*\\*/)+[{])|}(?=(?:/\\*\\*/)+}))/\\*\\*/((?:/\\*\\*/)*)");

    /** Parameters with the same rules as a setting. */
    private static final Map<String, String> CHECKED_LIKE = Map.of(
            "tenant", "query.tenant-id",
            "dataset", "query.dataset-id",
            "sync", "query.sync",
            "batchSize", "schedule.batch-size",
            "intervalSeconds", "schedule.interval-seconds",
            "enabled", ValueRules.ENABLED);

    /** Of one dataset. */
    public ExportDefinition(
            Lane lane, String tenant, String dataset, String sql, Sync sync, int batchSize, Duration interval) {
        this(lane, tenant, dataset, sql, sync, batchSize, interval, true, null);
    }

    /** An export that cannot run because of its file. */
    public static ExportDefinition refused(String name) {
        return new ExportDefinition(new Lane(name, "none"), "", "", "", Sync.AUTO, 1, Duration.ZERO);
    }

    /** The name of the export in its file, whatever its dataset. */
    public String export() {
        return lane.export();
    }

    /** The same with the dataset, if it is one of a choice: {@code export@tenant/dataset}. */
    public String name() {
        return lane.name();
    }

    public String destination() {
        return lane.destination();
    }

    /** Whether it means several datasets, which the lake or its file names. */
    public boolean isChoice() {
        return choice != null;
    }

    /** A comparable form: choices with the same text are equal. */
    public ExportDefinition withoutChoice() {
        return new ExportDefinition(lane, tenant, dataset, sql, sync, batchSize, interval, enabled, null);
    }

    /** The dataset, unless there is a choice. */
    public DatasetName datasetName() {
        return new DatasetName(tenant, dataset);
    }

    /** Whether another export reads the same dataset. */
    public boolean isOfSameDataset(ExportDefinition other) {
        return datasetName().equals(other.datasetName());
    }

    /** The same with another query. */
    public ExportDefinition withQuery(String other) {
        return new ExportDefinition(lane, tenant, dataset, other, sync, batchSize, interval, enabled, choice);
    }

    /** The export of one of its datasets. */
    public ExportDefinition at(DatasetName one) {
        return new ExportDefinition(
                lane.at(one), one.tenant(), one.dataset(), sql, sync, batchSize, interval, enabled, null);
    }

    /** The dataset of a lane, if the lane belongs to this choice, export and destination. */
    public Optional<DatasetName> datasetOf(Lane other) {
        return choice == null || !other.ofAll().equals(lane)
                ? Optional.empty()
                : Optional.ofNullable(other.dataset()).filter(choice::matches);
    }

    /**
     * A query for the file of an export. Two braces would start or end a placeholder there; an empty comment separates
     * them. Braces that have such comments between them get one more.
     */
    public static String escaped(String sql) {
        return BRACES.matcher(sql).replaceAll("$1/**/$2");
    }

    /** A query as {@link #escaped} has not changed it. */
    static String unescaped(String sql) {
        return ESCAPED_BRACES.matcher(sql).replaceAll("$1$2");
    }

    /** The definitions of an export, one for each destination. The parameters must have no {@link #problems}. */
    static Stream<ExportDefinition> of(Map<String, String> parameters, Map<String, String> settings) {
        Map<String, String> resolved = resolved(parameters, settings);
        String tenant = resolved.getOrDefault("tenant", "");
        String dataset = resolved.getOrDefault("dataset", "");
        DatasetChoice choice = DatasetChoice.of(tenant, dataset);
        Optional<DatasetName> one = choice.one();
        String sql = unescaped(resolved.getOrDefault("sql", ""));
        return ExportParameters.destinationsIn(resolved.getOrDefault("destination", "")).stream()
                .map(destination -> new ExportDefinition(
                        new Lane(resolved.getOrDefault("name", ""), destination),
                        one.map(DatasetName::tenant).orElse(tenant),
                        one.map(DatasetName::dataset).orElse(dataset),
                        sql.isBlank() ? settings.getOrDefault("query.sql", "") : sql,
                        Sync.of(orDefault(resolved, "sync", settings)),
                        Integer.parseInt(orDefault(resolved, "batchSize", settings)),
                        Duration.ofSeconds(Integer.parseInt(orDefault(resolved, "intervalSeconds", settings))),
                        !resolved.getOrDefault("enabled", "true").equals("false"),
                        one.isPresent() ? null : choice));
    }

    /** The value of a parameter; if it is empty, that of the setting with the same meaning. */
    private static String orDefault(Map<String, String> resolved, String name, Map<String, String> settings) {
        String value = resolved.getOrDefault(name, "").strip();
        return value.isEmpty() ? Objects.requireNonNull(settings.get(CHECKED_LIKE.get(name)), name) : value;
    }

    /** The problems of an export's parameters, one for each mistake, without those of the settings themselves. */
    static List<Problem> problems(Map<String, String> parameters, Map<String, String> settings) {
        Map<String, String> resolved = resolved(parameters, settings);
        String name = resolved.getOrDefault("name", "");
        List<Problem> problems = new ArrayList<>();
        if (!name.isEmpty() && !Names.isOfRoute(name)) {
            problems.add(Problem.ofStart(
                    "export \"%s\": its name must consist of letters, digits and . _ - only.".formatted(name), ""));
        }
        CHECKED_LIKE.forEach((key, setting) -> {
            String value = resolved.getOrDefault(key, "");
            // The check of the settings reports a wrong setting.
            if (!value.isEmpty() && !value.equals(settings.get(setting))) {
                ValueRules.problem(setting, value)
                        .ifPresent(problem -> problems.add(Problem.ofStart(
                                "export %s: %s %s, not \"%s\".".formatted(name, key, problem, value), "")));
            }
        });
        return problems;
    }

    static Map<String, String> resolved(Map<String, String> parameters, Map<String, String> settings) {
        Map<String, String> resolved = new LinkedHashMap<>();
        parameters.forEach((name, value) -> resolved.put(name, resolve(value, settings)));
        return resolved;
    }

    /** Replaces the placeholders of settings by their values; does not look for placeholders in the values. */
    static String resolve(String text, Map<String, String> settings) {
        return PLACEHOLDER.matcher(text).replaceAll(match -> {
            String otherwise = match.group(2) == null ? "" : match.group(2);
            return Matcher.quoteReplacement(settings.getOrDefault(match.group(1), otherwise));
        });
    }
}
