package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cases of one destination: {@code <name>.test.yaml} beside its route file. docs/add-a-destination.md explains the
 * format.
 *
 * @param settings of every case and of the certification; {@code {server}} stands for the server's URL
 * @param without standard cases that do not apply, each with the reason
 * @param server the real server's answer of success, for the certification
 * @param certify the real server's address, for the certification of a destination that does not speak HTTP
 */
public record CaseFile(
        Map<String, String> settings,
        Map<String, String> without,
        Success server,
        Map<String, String> certify,
        List<Case> cases) {
    /** The cases that every destination must have; a case's name begins like this. */
    public static final List<String> STANDARD =
            List.of("accepts", "rejects one record", "429 then accepts", "503 until retries end", "wrong credentials");

    /** No cases. */
    static final CaseFile NONE = new CaseFile(Map.of(), Map.of(), Success.PLAIN, Map.of(), List.of());

    /** The server's address, in settings and expectations. */
    static final String SERVER = "{server}";

    public CaseFile {
        settings = settings == null ? Map.of() : new TreeMap<>(settings);
        without = without == null ? Map.of() : new TreeMap<>(without);
        server = server == null ? Success.PLAIN : server;
        certify = certify == null ? Map.of() : new TreeMap<>(certify);
        cases = cases == null ? List.of() : List.copyOf(cases);
    }

    /**
     * One case: what is delivered, what the server answers, and what must result.
     *
     * @param records a list of records, or how many to generate; null for a notification
     * @param notification what people are told, by its fields; null for a destination
     * @param replies in order; the last one repeats
     */
    public record Case(
            String name,
            Map<String, String> settings,
            @Nullable JsonNode records,
            @Nullable Map<String, String> notification,
            List<Answer> replies,
            Expect expect) {
        public Case {
            settings = settings == null ? Map.of() : new TreeMap<>(settings);
            replies = replies == null ? List.of() : List.copyOf(replies);
        }
    }

    /**
     * An answer of the server.
     *
     * @param body text, or a value written as JSON
     * @param cut whether the connection breaks in the middle of the answer
     */
    public record Answer(
            @Nullable Integer status,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body,
            @Nullable Integer delayMs,
            boolean cut) {}

    /**
     * The expected result of a case. Unspecified parts are not checked, except refused and repeated records.
     *
     * @param requests how many, or the expected content of each
     * @param outcome accepted, failed (the destination threw) or stopped (delivery.on-rejected=stop)
     * @param accepted how many records are accepted
     * @param rejected exactly these records are refused
     * @param retries how often a step was tried again
     * @param output content of standard output
     */
    public record Expect(
            @Nullable JsonNode requests,
            @Nullable String outcome,
            @Nullable Integer accepted,
            @Nullable Integer duplicates,
            @Nullable List<Rejected> rejected,
            @Nullable String error,
            @Nullable Integer retries,
            @Nullable String output) {
        private static final List<String> OUTCOMES = List.of("accepted", "failed", "stopped");
    }

    /** An expected request. Unspecified parts are not checked. */
    public record ExpectedRequest(
            @Nullable String method,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body) {}

    /**
     * An expected refused record.
     *
     * @param record its number in the batch, from 0
     * @param reason a part of the reason
     */
    public record Rejected(int record, @Nullable String reason) {}

    /**
     * The answer of a healthy server.
     *
     * @param body text; {@code {items}} stands for an item of each record, {@code {partial}} for true or false
     * @param item the part of the answer for an accepted record
     * @param openItem the part for a record to send again, if the server has such answers
     * @param refused the answer for a record refused for good: with items, the item of that record; otherwise the body
     *     of a 400, in which {@code {position}} stands for the record's position in the request
     */
    public record Success(
            @Nullable Integer status,
            @Nullable Map<String, String> headers,
            @Nullable String body,
            @Nullable JsonNode item,
            @Nullable JsonNode openItem,
            @Nullable JsonNode refused) {
        private static final Success PLAIN = new Success(null, null, null, null, null, null);
    }

    /** The requests that {@code expect} lists; empty if it has only their number. */
    static List<ExpectedRequest> requests(Expect expect) {
        List<ExpectedRequest> requests = new ArrayList<>();
        if (expect.requests() != null && expect.requests().isArray()) {
            for (JsonNode request : expect.requests()) {
                requests.add(CaseText.convert(request, ExpectedRequest.class));
            }
        }
        return requests;
    }

    /** The standard cases that are neither present nor excused. */
    public List<String> missing() {
        return STANDARD.stream()
                .filter(standard -> !without.containsKey(standard)
                        && cases.stream().noneMatch(one -> one.name().startsWith(standard)))
                .toList();
    }

    /**
     * Reads and checks a file.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException with its first mistake
     */
    public static CaseFile read(Path file) {
        CaseFile cases = CaseText.read(file, CaseFile.class);
        cases.check(file);
        return cases;
    }

    private void check(Path file) {
        checkWithout(file, without, STANDARD);
        CaseText.requireKnown(file, "certify", certify.keySet(), RealServer.SETTINGS);
        if (cases.isEmpty() && !without.keySet().containsAll(STANDARD)) {
            throw CaseText.wrong(file, "it has no cases.");
        }
        Set<String> names = new HashSet<>();
        for (Case one : cases) {
            if (one.name() == null || one.name().isBlank()) {
                throw CaseText.wrong(file, "a case has no name.");
            }
            if (!names.add(one.name())) {
                throw CaseText.wrong(file, "two cases are named \"" + one.name() + "\".");
            }
            check(file, one);
        }
    }

    static void checkWithout(Path file, Map<String, String> without, List<String> standard) {
        without.forEach((name, reason) -> {
            if (!standard.contains(name)) {
                throw CaseText.wrong(
                        file, "without: \"" + name + "\" is not a standard case." + Suggestion.of(name, standard));
            }
            if (reason == null || reason.isBlank()) {
                throw CaseText.wrong(file, "without: say why \"" + name + "\" does not apply.");
            }
        });
    }

    private static void check(Path file, Case one) {
        String subject = "case \"" + one.name() + "\": ";
        JsonNode records = one.records();
        if (one.notification() == null && (records == null || !(records.canConvertToInt() || records.isArray()))) {
            throw CaseText.wrong(file, subject + "records must be a number or a list of records.");
        }
        if (records != null && (records.isArray() ? records.isEmpty() : records.asInt() < 1)) {
            throw CaseText.wrong(file, subject + "there must be at least one record.");
        }
        Expect expect = one.expect();
        if (expect == null || expect.equals(new Expect(null, null, null, null, null, null, null, null))) {
            throw CaseText.wrong(file, subject + "it expects nothing; say under expect: what must result.");
        }
        if (expect.outcome() != null && !Expect.OUTCOMES.contains(expect.outcome())) {
            throw CaseText.wrong(
                    file,
                    subject + "outcome must be one of " + String.join(", ", Expect.OUTCOMES) + ", not \""
                            + expect.outcome() + "\".");
        }
        JsonNode requests = expect.requests();
        if (requests != null && !requests.isArray() && !requests.isInt()) {
            throw CaseText.wrong(file, subject + "requests must be a number or a list of requests.");
        }
        try {
            requests(expect);
        } catch (IllegalArgumentException e) {
            throw e.getCause() instanceof UnrecognizedPropertyException unknown
                    ? CaseText.wrong(file, subject + CaseText.unknownKey(unknown), e)
                    : CaseText.wrong(file, subject + "requests cannot be read.", e);
        }
    }
}
