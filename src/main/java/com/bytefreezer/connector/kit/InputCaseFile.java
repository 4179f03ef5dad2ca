package com.bytefreezer.connector.kit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cases of one input: {@code <name>.test.yaml} beside its route file. docs/add-an-input.md explains the format.
 *
 * @param settings of every case and of the certification
 * @param feed parameters of the feed
 * @param without standard cases that do not apply, each with the reason
 * @param certify how events are sent, and parameters of the feed, for the certification
 */
record InputCaseFile(
        Map<String, String> settings,
        Map<String, String> feed,
        Map<String, String> without,
        Map<String, JsonNode> certify,
        List<Case> cases) {
    /** The cases that every input must have; a case's name begins like this. */
    static final List<String> STANDARD =
            List.of("takes", "keeps what is no event", "keeps a long event", "asks to send again");

    private static final String FEED = "feed";

    /** No cases. */
    static final InputCaseFile NONE = new InputCaseFile(Map.of(), Map.of(), Map.of(), Map.of(), List.of());

    InputCaseFile {
        settings = settings == null ? Map.of() : new TreeMap<>(settings);
        feed = feed == null ? Map.of() : new TreeMap<>(feed);
        without = without == null ? Map.of() : new TreeMap<>(without);
        certify = certify == null ? Map.of() : new TreeMap<>(certify);
        cases = cases == null ? List.of() : List.copyOf(cases);
    }

    /** How events are sent; a list of steps is in JSON. */
    Map<String, String> sending() {
        Map<String, String> all = new TreeMap<>();
        certify.forEach((key, value) -> {
            if (!key.equals(FEED)) {
                all.put(key, Matching.textOf(value));
            }
        });
        return all;
    }

    /** Parameters that a feed has only while it is certified. */
    Map<String, String> certifiedFeed() {
        Map<String, String> all = new TreeMap<>();
        certify.getOrDefault(FEED, MissingNode.getInstance())
                .properties()
                .forEach(each -> all.put(each.getKey(), each.getValue().asText()));
        return all;
    }

    /** One case: what is sent, in this order, and what must be stored. */
    record Case(
            String name, Map<String, String> settings, Map<String, String> feed, List<Sending> send, Expect expect) {
        Case {
            settings = settings == null ? Map.of() : new TreeMap<>(settings);
            feed = feed == null ? Map.of() : new TreeMap<>(feed);
            send = send == null ? List.of() : List.copyOf(send);
        }
    }

    /**
     * What is sent at once: text, or a value written as JSON.
     *
     * @param body of a request, or of a message as Camel's component hands it on
     * @param tcp what goes over a connection of its own
     * @param udp a datagram
     * @param file the name of a file, in the folder that the feed names, with the body
     * @param path of a request
     * @param headers of the request or the message; of a record of Kafka also its key
     * @param times how often the text comes, one after the other
     * @param base64 whether the text is in base64
     * @param gzip whether it is sent compressed
     * @param cut whether the sender of a request goes away before its end
     */
    record Sending(
            @Nullable JsonNode body,
            @Nullable JsonNode tcp,
            @Nullable JsonNode udp,
            @Nullable String file,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            @Nullable Integer times,
            boolean base64,
            boolean gzip,
            boolean cut) {}

    /**
     * The expected result of a case. Unspecified parts are not checked, except dead letters.
     *
     * @param answers one for each request
     * @param events how many, or each with all its members, except BfTs
     * @param deadLetters how many, or each
     * @param error a part of the error of a message that the route refuses; empty: it takes all
     */
    record Expect(
            @Nullable List<Answer> answers,
            @Nullable JsonNode events,
            @Nullable JsonNode deadLetters,
            @Nullable String error) {
        private static final Expect NOTHING = new Expect(null, null, null, null);

        /** How many events and dead letters. */
        int stored() {
            return count(events) + count(deadLetters);
        }

        private static int count(@Nullable JsonNode some) {
            return some == null ? 0 : some.isArray() ? some.size() : some.asInt();
        }
    }

    /** An expected answer. Unspecified parts are not checked. */
    record Answer(
            @Nullable Integer status,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body) {}

    /** The standard cases that are neither present nor excused. */
    List<String> missing() {
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
    static InputCaseFile read(Path file) {
        InputCaseFile cases = CaseText.read(file, InputCaseFile.class);
        cases.check(file);
        return cases;
    }

    private void check(Path file) {
        CaseFile.checkWithout(file, without, STANDARD);
        CaseText.requireKnown(file, "certify", certify.keySet(), InputCertification.SETTINGS);
        Set<String> names = new HashSet<>();
        for (Case one : cases) {
            if (one.name() == null || one.name().isBlank()) {
                throw CaseText.wrong(file, "a case has no name.");
            }
            if (!names.add(one.name())) {
                throw CaseText.wrong(file, "two cases are named \"" + one.name() + "\".");
            }
            String subject = "case \"" + one.name() + "\": ";
            if (one.send().isEmpty()) {
                throw CaseText.wrong(file, subject + "it sends nothing; say under send: what.");
            }
            for (Sending each : one.send()) {
                if ((each.body() == null ? 0 : 1) + (each.tcp() == null ? 0 : 1) + (each.udp() == null ? 0 : 1) != 1) {
                    throw CaseText.wrong(file, subject + "whatever is sent has one of body, tcp and udp.");
                }
            }
            if (one.expect() == null || one.expect().equals(Expect.NOTHING)) {
                throw CaseText.wrong(file, subject + "it expects nothing; say under expect: what must result.");
            }
        }
    }
}
