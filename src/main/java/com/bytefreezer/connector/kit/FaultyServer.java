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

/**
 * A server with a fault. It recognizes the records it has accepted by their markers, in any format of request. Safe for
 * use by several threads.
 */
final class FaultyServer extends ScriptedServer implements FarEnd {
    private final Marker marker;
    private final Fault fault;
    private final Answers usual;
    private final Map<Integer, Integer> taken = new TreeMap<>();
    private final Set<Integer> seen = new LinkedHashSet<>();
    private Runnable kill = () -> {};
    private int run;
    private int requestsOfRun;
    private int faults;

    private FaultyServer(HttpServer server, Marker marker, Fault fault, Answers usual) {
        super(server);
        this.marker = marker;
        this.fault = fault;
        this.usual = usual;
    }

    static FaultyServer start(int port, Marker marker, Fault fault, Answers usual) {
        return started(new FaultyServer(plain(port), marker, fault, usual));
    }

    @Override
    public synchronized void runBegins(int number, ConnectorRun connector) {
        run = number;
        kill = connector::kill;
        requestsOfRun = 0;
    }

    @Override
    protected synchronized Reply take(Request request, Reply reply) {
        super.take(request.withoutBody(), reply);
        List<Integer> records =
                marker.records(request.text()).stream().distinct().toList();
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

    /** Answered records have arrived already. */
    @Override
    public synchronized Map<Integer, Integer> taken(int all) {
        return new TreeMap<>(taken);
    }

    @Override
    public synchronized int faults() {
        return faults;
    }

    @Override
    public String carrier() {
        return "request";
    }

    @Override
    public synchronized boolean hasSeenRecords() {
        return !seen.isEmpty();
    }
}
