package com.bytefreezer.connector.kit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What can go wrong at a destination, and what the connector promises then. */
final class Faults {
    /** How often a temporary fault occurs. */
    static final int TIMES = 4;

    /** In how many runs the connector is killed. */
    static final int KILLS = 2;

    private static final String NONE = "no fault";
    private static final String KILLED = "process killed in mid-delivery";
    private static final String REFUSED = "connection refused for a run";
    private static final int BAD_RECORD = 17;
    private static final int MOST_RECORDS = 10;
    static final Duration TIMEOUT = Duration.ofSeconds(3);
    static final Duration SLOW = Duration.ofSeconds(8);

    private Faults() {}

    /**
     * A fault.
     *
     * @param isUp whether the server listens in the first run
     * @param refused the records that the server refuses for good
     * @param script answers of the kit's own server
     * @param trouble what happens in front of a real server
     */
    record Fault(String name, String promised, boolean isUp, Set<Integer> refused, Script script, Trouble trouble) {
        /** Whether the far end can tell that it occurred. */
        boolean shows() {
            return isUp && !name.equals(NONE);
        }

        /** Whether the connector is killed. */
        boolean kills() {
            return name.equals(KILLED);
        }

        private Fault(String name, String promised, boolean isUp, Set<Integer> refused, Script script) {
            this(name, promised, isUp, refused, script, Trouble.NONE);
        }

        private Fault(String name, String promised, Script script) {
            this(name, promised, true, Set.of(), script);
        }

        private Fault(String name, String promised, boolean isUp, Trouble trouble) {
            this(name, promised, isUp, Set.of(), (asked, usual) -> usual.all(asked.records()), trouble);
        }
    }

    /** What happens to connections to a real server, or to the connector. */
    enum Trouble {
        NONE,
        /** Connections break in the middle; the server gets only the beginning. */
        CUT,
        /** Connections break when the server has everything, so its answer is lost. */
        ANSWER_LOST,
        /** Connections stand still for longer than the timeout. */
        STALL,
        /** Everything passes slowly. */
        SLOW,
        /** The connector is killed. */
        KILL
    }

    /** How the server answers requests with records. */
    interface Script {
        Answer answer(Asked asked, Answers usual);
    }

    /**
     * A request with records.
     *
     * @param run of the connector, from 1
     * @param number of the request within the run, from 1
     */
    record Asked(int run, int number, List<Integer> records) {}

    /**
     * The server's reaction: the reply, and the records it has accepted.
     *
     * @param kills whether the connector is killed before it sees the reply
     */
    record Answer(Reply reply, List<Integer> taken, boolean kills) {
        static Answer refusing(Reply reply) {
            return new Answer(reply, List.of(), false);
        }
    }

    /**
     * What can happen between the connector and a real server, in the order of the report; the first one is no fault.
     *
     * @param withProxy whether the connections can be broken
     */
    static List<Fault> ofConnections(boolean withProxy) {
        List<Fault> faults = new ArrayList<>(List.of(
                new Fault(NONE, "all accepted", true, Trouble.NONE),
                new Fault(KILLED, "the next run continues", true, Trouble.KILL)));
        if (withProxy) {
            faults.addAll(List.of(
                    new Fault(REFUSED, "fails, the next run delivers", false, Trouble.NONE),
                    new Fault("connection breaks in the middle", "tried again", true, Trouble.CUT),
                    new Fault("connection breaks before the answer", "tried again", true, Trouble.ANSWER_LOST),
                    new Fault("connection stalls", "tried again", true, Trouble.STALL),
                    new Fault("slow connection", "all accepted", true, Trouble.SLOW)));
        }
        return faults;
    }

    /** Every fault of an HTTP server, in the order of the report; the first one is no fault. */
    static List<Fault> ofHttp(boolean withPartial) {
        List<Fault> faults = new ArrayList<>(List.of(
                new Fault(NONE, "all accepted", (asked, usual) -> usual.all(asked.records())),
                new Fault("429 four times", "tried again", passing(Reply.of(429))),
                new Fault(
                        "503 with Retry-After four times",
                        "tried again after the wait",
                        passing(Reply.of(503).header("Retry-After", "1"))),
                new Fault(
                        "413 for more than " + MOST_RECORDS + " records",
                        "batches are halved",
                        (asked, usual) -> asked.records().size() > MOST_RECORDS
                                ? Answer.refusing(Reply.of(413))
                                : usual.all(asked.records())),
                new Fault(
                        "refuses one record for good",
                        "that record becomes a dead letter",
                        true,
                        Set.of(BAD_RECORD),
                        (asked, usual) -> asked.records().contains(BAD_RECORD)
                                ? usual.refusing(asked.records(), BAD_RECORD)
                                : usual.all(asked.records())),
                new Fault("401 for a run", "fails, the next run delivers", wholeRun(Reply.of(401))),
                new Fault("503 for a run", "fails, the next run delivers", wholeRun(Reply.of(503))),
                new Fault(
                        REFUSED,
                        "fails, the next run delivers",
                        false,
                        Set.of(),
                        (asked, usual) -> usual.all(asked.records())),
                new Fault("answer breaks off, records accepted", "tried again", (asked, usual) -> {
                    Answer taken = usual.all(asked.records());
                    return asked.number() <= TIMES
                            ? new Answer(taken.reply().resetConnection(), taken.taken(), false)
                            : taken;
                }),
                new Fault("answer after the timeout, records accepted", "tried again", (asked, usual) -> {
                    Answer taken = usual.all(asked.records());
                    return asked.number() <= TIMES
                            ? new Answer(taken.reply().after(SLOW), taken.taken(), false)
                            : taken;
                }),
                new Fault(KILLED, "the next run continues", (asked, usual) -> {
                    Answer taken = usual.all(asked.records());
                    return asked.run() <= KILLS && asked.number() == TIMES
                            ? new Answer(taken.reply().resetConnection(), taken.taken(), true)
                            : taken;
                })));
        if (withPartial) {
            faults.add(new Fault(
                    "every other record not accepted, four times",
                    "the open ones are sent again",
                    (asked, usual) ->
                            asked.number() <= TIMES ? usual.everyOther(asked.records()) : usual.all(asked.records())));
        }
        return faults;
    }

    private static Script passing(Reply reply) {
        return (asked, usual) -> asked.number() <= TIMES ? Answer.refusing(reply) : usual.all(asked.records());
    }

    private static Script wholeRun(Reply reply) {
        return (asked, usual) -> asked.run() == 1 ? Answer.refusing(reply) : usual.all(asked.records());
    }
}
