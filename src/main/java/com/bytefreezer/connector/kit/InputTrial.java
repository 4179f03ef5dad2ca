package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.kit.InputRoute.Way;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** One fault of a certification, with its own resources. For one thread and its senders. */
final class InputTrial implements AutoCloseable {
    private static final int BATCHES = 30;
    private static final int FEW = 8;
    private static final int EVENTS = TrialEvents.BATCH;
    private static final int KILLS = 2;
    /** Acknowledged before each kill. */
    private static final int SOME = 4 * EVENTS;

    /** As much may wait to be read. */
    private static final int AHEAD = 2 * EVENTS;

    static final int SLOW_MILLIS = 150;
    private static final String SPOOL_BYTES = "100000";
    /** As {@code ulimit -f} counts: of 512 bytes each. Less than what is sent. */
    private static final int DISK_BLOCKS = 128;

    private static final Duration A_MOMENT = Duration.ofSeconds(10);
    /** A server may wait for a dead reader: a group of Kafka for 45 seconds. */
    private static final Duration A_TAKEOVER = Duration.ofSeconds(60);
    /** Of a feed without answers, if it cannot store. */
    private static final Duration A_RETRY = Duration.ofSeconds(5);

    private final Program program;
    private final InputFault fault;
    private final InputRoute route;
    private final Marker marker = Marker.unique();
    private final Path folder;
    private final Path lake;
    private final TrialSetting setting;
    private final Sender sender;
    private final TrialEvents events;
    private final int batches;
    /** How many events have left, with all repeats. */
    private long handed;
    /** Must be packed: acknowledged, or read by a process that was not killed, or seen on disk. */
    private final Set<Integer> kept = ConcurrentHashMap.newKeySet();

    private final Set<Integer> sent = ConcurrentHashMap.newKeySet();
    /** Batches that the sender does not send again. */
    private final Set<Integer> abandoned = new HashSet<>();

    private final Set<Integer> deadLettersExpected = new HashSet<>();
    private final List<String> happened = Collections.synchronizedList(new ArrayList<>());
    private boolean occurred = true;

    /**
     * Prepares one.
     *
     * @param program the connector
     * @param route the input, slowed down if the fault is a slow disk
     * @param settings with {@code {folder}} for a new folder
     * @param certify how events are sent
     */
    InputTrial(
            InputFault fault,
            Program program,
            InputRoute route,
            Map<String, String> settings,
            Map<String, String> certify)
            throws Exception {
        this.program = program;
        this.route = route;
        this.fault = fault;
        folder = route.newFolder();
        lake = folder.resolve("lake");
        setting = new TrialSetting(route, folder, lake, Certification.freePort(), marker, settings);
        batches = fault == InputFault.SLOW ? FEW : BATCHES;
        sender = sender(certify);
        events = new TrialEvents(marker, fault == InputFault.OVERSIZED, route.format(), certify);
    }

    private Sender sender(Map<String, String> certify) throws Exception {
        return switch (route.way()) {
            case HTTP -> new Sender.Http(setting.port());
            case SOCKETS -> route.hasTcp() ? new Sender.Tcp(setting.port()) : new Sender.Udp(setting.port());
            case CAMEL ->
                Sender.Camel.to(setting.inPlace(certify.getOrDefault("sent", "")), setting.load(Mode.INGEST, Map.of()));
        };
    }

    @Override
    public void close() {
        sender.close();
    }

    /** Where its objects are. */
    Path lake() {
        return lake;
    }

    /** The fault, and what follows until everything is packed. */
    void suffer() throws Exception {
        switch (fault) {
            case KILLED -> {
                for (int kill = 1; kill <= KILLS; kill++) {
                    killAfter(kill * SOME, Map.of(), 0);
                }
            }
            case DISK_FULL -> killAfter(batches * EVENTS, Map.of(), DISK_BLOCKS);
            case SPOOL_FULL -> here(Map.of("spool.max-bytes", SPOOL_BYTES), this::sendOnce);
            case LAKE_AWAY -> lakeAway();
            case HALF -> here(Map.of(), this::sendHalves);
            case OVERSIZED ->
                here(Map.of("feeds.max-line-bytes", String.valueOf(TrialEvents.LONGEST)), this::sendTheRest);
            default -> {}
        }
        if (fault != InputFault.OVERSIZED) {
            here(Map.of(), this::sendTheRest);
        }
        if (!setting.packs()) {
            happened.add("not all of the spool could be packed");
        }
    }

    // -- Sending

    private boolean send(int batch) {
        sent.addAll(events.records(batch));
        try {
            boolean taken = sender.send(events.id(batch), events.lines(batch));
            handed += taken ? EVENTS : 0;
            if (taken && (sender.hasAnswers() || !fault.kills())) {
                kept.addAll(events.records(batch));
            }
            return taken;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean isOpen(int batch) {
        Set<Integer> done = sender.hasAnswers() ? kept : sent;
        return !abandoned.contains(batch) && !done.containsAll(events.records(batch));
    }

    /** Each batch once. */
    private void sendOnce() {
        long refused = IntStream.range(0, batches).filter(batch -> !send(batch)).count();
        if (fault == InputFault.SPOOL_FULL && route.way() == Way.HTTP) {
            occurred = refused > 0;
            happened.add("%d batches were refused".formatted(refused));
        }
    }

    private void sendHalves() throws IOException {
        for (int batch = 0; batch < batches; batch += 3) {
            if (!sender.sendHalf(events.id(batch), events.lines(batch))) {
                List<Integer> whole = marker.records(new String(Sender.half(events.lines(batch)), UTF_8));
                kept.addAll(whole);
                // Half of a line of JSON is no event.
                deadLettersExpected.addAll(whole);
                sent.addAll(whole);
                abandoned.add(batch);
            }
        }
    }

    /** Until all are acknowledged. */
    private void sendTheRest() throws IOException {
        for (int batch = 0; batch < batches; batch++) {
            int one = batch;
            if (isOpen(one) && fault == InputFault.SLOW) {
                hangUpEarly(one);
            }
            if (fault == InputFault.REPEATS) {
                hangUpEarly(one);
                Arrived.await(() -> send(one));
                Arrived.await(() -> send(one));
            } else if (isOpen(one) && !Arrived.await(() -> send(one))) {
                happened.add("it did not take all within %d s".formatted(ConnectorRun.PATIENCE_SECONDS));
                return;
            }
        }
        if (fault == InputFault.OVERSIZED) {
            deadLettersExpected.add(TrialEvents.LONG);
        }
    }

    private void hangUpEarly(int batch) {
        try {
            sender.sendImpatiently(events.id(batch), events.lines(batch));
        } catch (IOException e) {
            // The sender does not know.
        }
    }

    // -- Runs of the connector

    private interface Sending {
        void send() throws IOException;
    }

    private void here(Map<String, String> more, Sending sending) throws Exception {
        try (Feeds feeds = new Feeds(setting.load(Mode.INGEST, more), Secrets.ofProcess(), Mode.INGEST)) {
            feeds.start();
            sending.send();
            if (route.way() != Way.HTTP) {
                awaitReceived(feeds, sender.keeps() && more.isEmpty() ? A_TAKEOVER : A_MOMENT);
            }
        }
    }

    /** What has arrived without an answer, or waits where the input reads; a full spool takes the rest at the stop. */
    private void awaitReceived(Feeds feeds, Duration patience) {
        long wanted = fault == InputFault.REPEATS ? handed : kept.size();
        boolean more = true;
        while (more) {
            long before = received(feeds);
            more = (before < wanted || lacksSome()) && Arrived.await(() -> received(feeds) > before, patience);
        }
    }

    /** What was received may be left from another trial, if they have one place. */
    private boolean lacksSome() {
        Set<Integer> wanted = new HashSet<>(kept);
        wanted.removeAll(deadLettersExpected);
        return sender.keeps() && !onDisk().containsAll(wanted);
    }

    private long received(Feeds feeds) {
        return feeds.datasets().stream().mapToLong(DatasetState::received).sum();
    }

    private void lakeAway() throws Exception {
        here(Map.of(), () -> {
            Files.move(lake, folder.resolve("elsewhere"));
            Files.createFile(lake);
            sendTheRest();
        });
        occurred = !setting.packs();
        Files.delete(lake);
        Files.move(folder.resolve("elsewhere"), lake);
    }

    /** Sends to a process of its own, and kills it in the middle. */
    private void killAfter(int enough, Map<String, String> more, int diskBlocks) throws InterruptedException {
        try (ProcessRun connector =
                ProcessRun.receiving(program, folder, route.routes(), setting.properties(more), diskBlocks)) {
            if (route.way() == Way.SOCKETS && !route.hasTcp()) {
                Arrived.await(() -> Wire.isTaken(setting.port()));
            }
            int before = onDisk().size();
            Thread sending = new Thread(() -> sendUntilDead(connector, diskBlocks > 0, before), "sender");
            sending.start();
            int wanted = sender.hasAnswers() ? enough : before + EVENTS;
            Arrived.await(() -> onDisk().size() >= wanted || !connector.isAlive() || ended(sending, before));
            if (!sender.hasAnswers()) {
                kept.addAll(onDisk());
            }
            boolean lived = connector.isAlive();
            if (sender.keeps() && diskBlocks > 0) {
                occurred = onDisk().size() < sent.size();
            }
            connector.kill();
            sending.join();
            happened.add(lived ? "killed after %d events".formatted(onDisk().size()) : "it died by itself");
        }
    }

    /** What was sent without an answer may be on its way; what waits where the input reads is read until it cannot be stored. */
    private boolean ended(Thread sending, int before) {
        if (sender.keeps()) {
            int there = onDisk().size();
            return !sending.isAlive() && there > before && !Arrived.await(() -> onDisk().size() > there, A_RETRY);
        }
        return !sending.isAlive() && (sender.hasAnswers() || !Arrived.await(() -> false, A_RETRY));
    }

    private void sendUntilDead(ProcessRun connector, boolean once, int before) {
        // It listens once it takes the first.
        Arrived.await(() -> sender.keeps() || !connector.isAlive() || send(0));
        if (sender.keeps() && once) {
            send(0);
        }
        if ((!sender.hasAnswers() || sender.keeps()) && once) {
            // What would be stored together with the rest would find the disk full, too.
            Arrived.await(() -> !connector.isAlive() || onDisk().size() > before);
        }
        // Who gets no answers leaves some for the next process.
        int most = sender.hasAnswers() || once ? batches : sent.size() / EVENTS + batches / 3;
        for (int batch = 0; batch < most && connector.isAlive(); batch++) {
            int one = batch;
            if (isOpen(one)) {
                if (once) {
                    occurred = !send(one) || !sender.hasAnswers();
                } else {
                    Arrived.await(() -> !connector.isAlive() || send(one));
                    // Otherwise it would read all at once, and die when it has nothing left to do.
                    Arrived.await(() -> !sender.keeps() || !connector.isAlive() || isNear());
                }
            }
        }
    }

    private boolean isNear() {
        return onDisk().size() + AHEAD >= sent.size();
    }

    /** Of those with an answer, what was acknowledged; of the others, what the journal of the spool has. */
    private Set<Integer> onDisk() {
        if (sender.hasAnswers() && !sender.keeps()) {
            return kept;
        }
        return Arrived.inSpool(folder.resolve("spool"), marker);
    }

    // -- The result

    InputCertification.Result result() throws SQLException {
        Map<Integer, Integer> packed = Arrived.packed(lake, marker);
        Set<Integer> dead = Arrived.deadLetters(folder.resolve("feed-dead-letters"), marker);
        Set<Integer> lost = new TreeSet<>(kept);
        lost.removeAll(packed.keySet());
        lost.removeAll(dead);
        Set<Integer> refused = new TreeSet<>(dead);
        refused.removeAll(deadLettersExpected);
        long repeated = packed.values().stream().filter(times -> times > 1).count();
        boolean isOnce = repeated == 0 || route.way() != Way.HTTP;
        if (!lost.isEmpty()) {
            happened.add("%d of %d events that it took are nowhere".formatted(lost.size(), kept.size()));
        }
        if (!refused.isEmpty()) {
            happened.add("%d events became dead letters that are none".formatted(refused.size()));
        }
        if (repeated > 0) {
            happened.add("%d events were packed more than once".formatted(repeated));
        }
        Set<Integer> unknown = new TreeSet<>(sent);
        unknown.removeAll(packed.keySet());
        unknown.removeAll(dead);
        unknown.removeAll(lost);
        if (!unknown.isEmpty()) {
            happened.add("%d events that nobody had acknowledged are lost".formatted(unknown.size()));
        }
        if (!occurred) {
            happened.add("the fault did not occur");
        }
        boolean complete = packed.size() + dead.size() > 0 && (!sender.hasAnswers() || kept.size() == batches * EVENTS);
        if (!complete) {
            happened.add("%d of %d events were acknowledged".formatted(kept.size(), batches * EVENTS));
        }
        return new InputCertification.Result(
                fault,
                sent.size(),
                sender.hasAnswers() ? String.valueOf(kept.size()) : "-",
                packed.size(),
                dead.size(),
                String.join("; ", happened),
                lost.isEmpty() && refused.isEmpty() && isOnce && occurred && complete);
    }
}
