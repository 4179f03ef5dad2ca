package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Destination.Setting;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules for the value of one setting, by its name or by the marks in a destination's route file. */
final class ValueRules {
    /** Returns the problem of a value; empty if it is correct. */
    private interface Rule extends Function<String, Optional<String>> {}

    /** No setting: the parameter of an export. */
    static final String ENABLED = "enabled";

    private static final Map<String, Rule> RULES = new LinkedHashMap<>();
    /** The rules for settings of destinations, by the unit in their names. */
    private static final Pattern NUMBER_OF_DESTINATION =
            Pattern.compile("destinations?\\..+-(ms|seconds|bytes|records|port)");

    private static final Pattern SENT_IN_A_HEADER = Pattern.compile(".*(token|api-key)");
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}&&[^\\t]]");
    private static final Pattern HEADER =
            Pattern.compile("(?!(?i:camel|org\\.apache\\.camel))[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \\t]*:[^\\p{Cc}]*");

    static {
        RULES.put("mcp.allow", oneOf("export"));
        RULES.put("lake.root", ValueRules::root);
        RULES.put("lake.layout", value -> problemUnless(value.contains("{dataset}"), "must contain {dataset}"));
        RULES.put("s3.use-ssl", oneOf("true", "false"));
        RULES.put("s3.timeout-seconds", between(1, 3600));
        RULES.put("control.url", ValueRules::url);
        RULES.put("control.timeout-seconds", between(1, 3600));
        RULES.put("query.tenant-id", DatasetChoice::problemOfTenants);
        RULES.put("query.dataset-id", DatasetChoice::problemOfDatasets);
        RULES.put("query.from", ValueRules::time);
        RULES.put("query.to", ValueRules::time);
        RULES.put("health-reporting.enabled", oneOf("true", "false"));
        RULES.put("health-reporting.report-interval", between(1, 86_400));
        RULES.put("health-reporting.timeout-seconds", between(1, 3600));
        RULES.put("health-reporting.register-on-startup", oneOf("true", "false"));
        RULES.put("notifications.no-data-seconds", between(0, Integer.MAX_VALUE));
        RULES.put("health-reporting.max-lag-seconds", between(1, Integer.MAX_VALUE));
        RULES.put(ENABLED, oneOf("true", "false"));
        RULES.put("query.sync", oneOf("auto", "incremental", "full"));
        RULES.put(
                "lookups.folder",
                value -> problemUnless(
                        !value.contains("://") || value.matches("s3://[^/]+(/.*)?"),
                        "must be a folder or like s3://bucket/prefix"));
        RULES.put(
                "lookups.retro-hunt",
                value -> problemUnless(value.matches("[1-9]\\d{0,3}[dh]"), "must be like 7d or 12h"));
        RULES.put("lookups.max-bytes", between(1, Integer.MAX_VALUE));
        RULES.put("records.nulls", oneOf("keep", "omit"));
        RULES.put(
                "columns.types",
                value -> problemUnless(
                        value.isBlank()
                                || value.matches("(\\s*(\"[^\"]+\"|[^\",:]+):\\s*[^,:]+(\\([^:]*\\))?[^,:]*(,|$))+"),
                        "must be like \"port: VARCHAR, id: BIGINT\""));
        RULES.put("delivery.max-batch-bytes", between(1, 1_000_000_000));
        RULES.put("delivery.max-in-flight", between(1, 1000));
        RULES.put("delivery.max-retries", between(-1, Integer.MAX_VALUE));
        RULES.put("delivery.retry-delay-ms", between(1, 3_600_000));
        RULES.put("delivery.max-retry-delay-ms", between(1, 86_400_000));
        RULES.put("delivery.max-records-per-second", between(1, Integer.MAX_VALUE));
        RULES.put("delivery.on-rejected", oneOf("dead-letter", "stop"));
        RULES.put("delivery.max-rejected-ratio", ValueRules::ratio);
        RULES.put("export.parallel-objects", between(1, 256));
        RULES.put("export.parallel-lanes", between(1, 10_000));
        RULES.put("server.port", between(0, 65_535));
        RULES.put("cursor.url", startsWithOneOf("jdbc:postgresql://"));
        RULES.put("cursor.claim-seconds", between(1, 86_400));
        RULES.put("server.query-timeout-seconds", between(1, 86_400));
        RULES.put("server.max-queries", between(1, 1000));
        RULES.put("server.max-result-bytes", between(1, Integer.MAX_VALUE));
        RULES.put("server.max-download-bytes", between(1, Integer.MAX_VALUE));
        RULES.put("server.max-temporary-bytes", between(1, Integer.MAX_VALUE));
        RULES.put("cursor.lookback-hours", between(0, 24 * 3650));
        RULES.put("cursor.start", ValueRules::startOfCursor);
        RULES.put("schedule.interval-seconds", between(1, 31_536_000));
        RULES.put("schedule.full-listing-seconds", between(0, 31_536_000));
        RULES.put("schedule.batch-size", between(1, 1_000_000));
        RULES.put("schedule.retry-delay-seconds", between(1, 86_400));
        RULES.put("schedule.max-retry-delay-seconds", between(1, 86_400));
        RULES.put(
                "duckdb.memory-limit",
                value -> problemUnless(
                        value.matches("auto|(?i)\\d+(\\.\\d+)?\\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)"),
                        "must be auto or a size like 256MB"));
        RULES.put("duckdb.no-progress-seconds", between(1, 86_400));
        RULES.put("records.max-bytes", between(1000, 1_000_000_000));
        RULES.put("logging.level", value -> oneOf("debug", "info", "warn", "error")
                .apply(value.toLowerCase(Locale.ROOT)));
        RULES.put("logging.format", oneOf("text", "json"));
        RULES.put("tracing.url", ValueRules::url);
        RULES.put(
                "feed.brokers",
                value -> problemUnless(
                        value.matches("[^\\s,]+:\\d+(\\s*,\\s*[^\\s,]+:\\d+)*"),
                        "must be host:port; several, separated by commas"));
        RULES.put(
                "feed.topic",
                value -> problemUnless(
                        value.matches("[A-Za-z0-9._-]+(\\s*,\\s*[A-Za-z0-9._-]+)*"),
                        "must be the name of a topic, with letters, digits and . _ - only; several, separated by commas"));
        RULES.put("feed.security-protocol", oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"));
        RULES.put("feed.sasl-mechanism", oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"));
        RULES.put("feed.folder", value -> problemUnless(!value.isBlank(), "must be a folder"));
        RULES.put("feed.after", oneOf("move", "delete", "keep"));
        RULES.put("feed.stable-seconds", between(0, 86_400));
        RULES.put("feed.separator", value -> problemUnless(value.length() <= 1, "must be one character"));
        RULES.put("feed.from", oneOf("start", "end"));
        RULES.put(
                "feed.stream-name",
                value -> problemUnless(
                        value.matches("[A-Za-z0-9_.-]+|arn:[^\\s]+:kinesis:[^\\s]+:stream/[A-Za-z0-9_.-]+"),
                        "must be the name or the ARN of a stream"));
        RULES.put("feed.since", value -> value.isEmpty() ? Optional.empty() : time(value));
        RULES.put("feed.port", between(0, 65_535));
        RULES.put("feed.senders", Networks::problem);
        RULES.put("feed.tls", oneOf("true", "false"));
        RULES.put(
                "feed.servers",
                value -> problemUnless(
                        value.matches("(nats|tls)://[^\\s,@/]+(\\s*,\\s*(nats|tls)://[^\\s,@/]+)*"),
                        "must be like nats://host:4222 or tls://host:4222, several with a comma between, without a login"));
        RULES.put("feed.stream", ValueRules::nameInNats);
        RULES.put(
                "feed.queue", value -> problemUnless(value.matches("\\S+"), "must be the name or the URL of a queue"));
        RULES.put("feed.visibility-timeout-seconds", between(1, 43_200));
        RULES.put("feed.consumer", ValueRules::nameInNats);
        RULES.put("feeds.http-port", between(0, 65_535));
        RULES.put("feeds.max-payload-bytes", between(1, 1_000_000_000));
        RULES.put("feeds.max-unpacked-bytes", between(1, 1_000_000_000));
        RULES.put("feeds.max-line-bytes", between(100, 4_000_000));
        RULES.put(
                "spool.max-bytes",
                value -> problemUnless(value.matches("[1-9]\\d{5,17}"), "must be a whole number from 100000"));
        RULES.put("pack.max-file-size-mb", between(1, 4096));
        RULES.put("pack.timeout-seconds", between(1, 86_400));
        RULES.put("pack.compression", oneOf("snappy", "zstd"));
        RULES.put("s3source.use-ssl", oneOf("true", "false"));
        RULES.put("s3source.keep-source", oneOf("true", "false"));
        RULES.put("s3source.interval-seconds", between(1, 86_400));
        RULES.put("pack.memory-mb", between(64, 65_536));
        RULES.put("shutdown.timeout-seconds", between(1, 86_400));
    }

    private ValueRules() {}

    /** The problem of a setting's value; empty if it is correct. */
    static Optional<String> problem(String name, String value) {
        return ruleOf(name).flatMap(rule -> rule.apply(value));
    }

    /** The problem of the value of a destination's setting, by the marks in the head of its route file. */
    static Optional<String> problemByMarks(Setting setting, String value) {
        return setting.marks().stream()
                .flatMap(mark -> switch (mark) {
                    case Setting.ADDRESS -> urlOfDatasets(value).stream();
                    case Setting.ADDRESSES -> urls(value).stream();
                    case Setting.NAME -> nameOfDatasets(value).stream();
                    case Setting.SECRET, Setting.HARMLESS -> Stream.<String>empty();
                    default -> oneOf(mark.split(", | or ")).apply(value).stream();
                })
                .findFirst();
    }

    private static Optional<String> nameOfDatasets(String value) {
        return problemUnless(
                value.matches("(?:[A-Za-z0-9._-]|\\{tenant}|\\{dataset})+"),
                "must have only letters, digits and . _ - besides {tenant} and {dataset}");
    }

    private static Optional<Rule> ruleOf(String name) {
        Rule rule = RULES.get(name);
        if (rule != null) {
            return Optional.of(rule);
        }
        if (NUMBER_OF_DESTINATION.matcher(name).matches()) {
            return Optional.of(between(0, Integer.MAX_VALUE));
        }
        if (name.matches("destinations?\\..+\\.headers")) {
            return Optional.of(ValueRules::headers);
        }
        if (name.matches("destinations?\\..+\\.proxy-host")) {
            return Optional.of(value ->
                    problemUnless(value.matches("[\\p{L}0-9._:\\[\\]-]+"), "must be the name or address of a host"));
        }
        return SENT_IN_A_HEADER.matcher(name).matches()
                ? Optional.of(value ->
                        problemUnless(!CONTROL.matcher(value).find(), "must be one line without control characters"))
                : Optional.empty();
    }

    private static Optional<String> nameInNats(String value) {
        return problemUnless(value.matches("[^\\s.*>/\\\\]+"), "must be a name without spaces and . * > / \\");
    }

    private static Optional<String> root(String value) {
        return problemUnless(
                value.matches("s3://[^/].*|file:(///)?(?!//|~).+"),
                "must be a bucket like s3://bucket/prefix or a folder like /data/lake, ./lake or file:lake");
    }

    private static Optional<String> url(String value) {
        return problemUnless(
                value.matches("https?://[^/?#\\s{}\\\\][^\\s{}\\\\]*"),
                "must be a URL that starts with http:// or https:// and has a host");
    }

    /** The path may name the dataset; the host must not. */
    private static Optional<String> urlOfDatasets(String value) {
        int path = value.indexOf('/', "https://".length());
        return path < 0
                ? url(value)
                : url(value.substring(0, path)
                        + value.substring(path).replace("{tenant}", "a").replace("{dataset}", "a"));
    }

    private static Optional<String> urls(String value) {
        return Stream.of(value.split(",", -1))
                .flatMap(node -> url(node.strip()).stream())
                .findFirst();
    }

    private static Optional<String> headers(String value) {
        return problemUnless(
                value.lines().allMatch(line -> HEADER.matcher(line.strip()).matches()),
                "must have a line like \"Name: value\" for each header, without Camel's own headers");
    }

    private static Rule oneOf(String... choices) {
        return value -> problemUnless(List.of(choices).contains(value), "must be one of " + String.join(", ", choices));
    }

    private static Rule startsWithOneOf(String... starts) {
        return value -> problemUnless(
                List.of(starts).stream().anyMatch(value::startsWith), "must start with " + String.join(" or ", starts));
    }

    private static Rule between(int least, int most) {
        return value -> {
            String problem = most == Integer.MAX_VALUE
                    ? "must be a whole number from %d".formatted(least)
                    : "must be a whole number from %d to %d".formatted(least, most);
            try {
                int number = Integer.parseInt(value);
                return problemUnless(number >= least && number <= most, problem);
            } catch (NumberFormatException e) {
                return Optional.of(problem);
            }
        };
    }

    private static Optional<String> ratio(String value) {
        return problemUnless(value.matches("0(\\.\\d{1,9})?|1(\\.0)?"), "must be a number from 0 to 1, such as 0.5");
    }

    private static Optional<String> startOfCursor(String value) {
        boolean known = value.equals("earliest") || value.equals("latest");
        return known || time(value).isEmpty()
                ? Optional.empty()
                : Optional.of("must be earliest, latest or a time like 2026-11-01T00:00:00Z");
    }

    private static Optional<String> time(String value) {
        try {
            Instant.parse(value);
            return Optional.empty();
        } catch (DateTimeParseException e) {
            return Optional.of("must be a time like 2026-11-01T00:00:00Z");
        }
    }

    private static Optional<String> problemUnless(boolean right, String problem) {
        return right ? Optional.empty() : Optional.of(problem);
    }

    /** The connector does not count wrong tokens, so a token must be hard to guess. It is used in headers and links. */
    static Optional<String> problemOfToken(String value) {
        return problemUnless(value.matches("[!-~]{16,}"), "must be 16 or more characters of ASCII without spaces");
    }
}
