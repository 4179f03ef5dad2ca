package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.Faults.Answer;
import com.bytefreezer.connector.kit.Faults.Asked;
import com.bytefreezer.connector.kit.Faults.Fault;
import com.sun.net.httpserver.HttpServer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server with a fault. It knows which records it has taken by the marker that each carries, whatever the format of the
 * request. Safe for many threads.
 */
final class FaultyServer extends ScriptedServer {
    private static final Pattern MARKER = Pattern.compile("certify-(\\d{6})");

    private final Fault fault;
    private final Answers usual;
    private final Map<Integer, Integer> taken = new TreeMap<>();
    private final Set<Integer> seen = new LinkedHashSet<>();
    private Runnable kill = () -> {};
    private int run;
    private int requestsOfRun;
    private int faults;

    private FaultyServer(HttpServer server, Fault fault, Answers usual) {
        super(server);
        this.fault = fault;
        this.usual = usual;
    }

    static FaultyServer start(int port, Fault fault, Answers usual) {
        return started(new FaultyServer(plain(port), fault, usual));
    }

    /** SQL of the text that marks record {@code n}. */
    static String marker(String n) {
        return "'certify-' || lpad(%s::VARCHAR, 6, '0')".formatted(n);
    }

    /** The records in a text, in their order. */
    static Set<Integer> records(String text) {
        Set<Integer> records = new LinkedHashSet<>();
        Matcher markers = MARKER.matcher(text);
        while (markers.find()) {
            records.add(Integer.parseInt(markers.group(1)));
        }
        return records;
    }

    /** A run of the connector begins; {@code killer} ends it. */
    synchronized void runBegins(int number, Runnable killer) {
        run = number;
        kill = killer;
        requestsOfRun = 0;
    }

    @Override
    protected synchronized Reply take(Request request, Reply reply) {
        super.take(request.withoutBody(), reply);
        List<Integer> records = List.copyOf(records(request.text()));
        if (records.isEmpty()) {
            return usual.all(records).reply();
        }
        seen.addAll(records);
        Answer answer = fault.script().answer(new Asked(run, ++requestsOfRun, records), usual);
        answer.taken().forEach(record -> taken.merge(record, 1, Integer::sum));
        faults += answer.equals(usual.all(records)) ? 0 : 1;
        if (answer.kills()) {
            kill.run();
        }
        return answer.reply();
    }

    /** How often each record was taken. */
    synchronized Map<Integer, Integer> taken() {
        return new TreeMap<>(taken);
    }

    /** How many answers were faulty. */
    synchronized int faults() {
        return faults;
    }

    /** Whether any record came, taken or not. */
    synchronized boolean hasSeenRecords() {
        return !seen.isEmpty();
    }
}
