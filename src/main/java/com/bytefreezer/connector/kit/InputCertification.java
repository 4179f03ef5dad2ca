package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.kit.InputRoute.Way;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Shows for each fault that what was acknowledged is packed: events are sent to the input while the fault lasts, and what
 * was not acknowledged is sent again when it is over. Then all of the spool is packed, and every acknowledged event must
 * be in the lake or, if it is no event, among the dead letters. The connector runs in this process, or in a separate one if
 * it is to be killed.
 */
final class InputCertification {
    /** What a file of cases may have under {@code certify}. */
    static final List<String> SETTINGS = List.of("event", "sent", "feed");

    private final Program program;
    private final InputRoute fast;
    private final InputRoute slow;
    private final Map<String, String> settings;
    private final Map<String, String> certify;

    /** What happened under a fault, in numbers of events, and whether what is promised holds. */
    record Result(
            InputFault fault,
            int sent,
            String acknowledged,
            int packed,
            int deadLetters,
            String happened,
            boolean holds) {}

    /**
     * Prepares a certification.
     *
     * @param program the connector
     * @param fast the input
     * @param slow the same, for slow disks
     * @param feed parameters
     * @param certify how events are sent
     */
    InputCertification(
            Program program,
            InputRoute fast,
            InputRoute slow,
            Map<String, String> settings,
            Map<String, String> feed,
            Map<String, String> certify) {
        this.program = program;
        this.fast = fast;
        this.slow = slow;
        this.settings = settings;
        this.certify = certify;
        fast.describe(feed);
        slow.describe(feed);
        slow.slowDown(InputTrial.SLOW_MILLIS);
    }

    /** The faults that can be shown. */
    List<InputFault> faults() {
        // A datagram or a message comes whole or not at all.
        boolean canBeHalf = fast.way() == Way.HTTP || (fast.way() == Way.SOCKETS && fast.hasTcp());
        return Stream.of(InputFault.values())
                .filter(fault -> canBeHalf || fault != InputFault.HALF)
                .toList();
    }

    /** Whether there is a way to send events. */
    boolean isPossible() {
        return fast.way() != Way.CAMEL || certify.containsKey("sent");
    }

    /** Whether each fault has a place of its own to send to, so that several can be shown at a time. */
    boolean canBeParallel() {
        return fast.way() != Way.CAMEL
                || fast.isPerTrial()
                || TrialSetting.isPerTrial(certify.getOrDefault("sent", ""));
    }

    /** What cannot be promised; empty if all can. */
    String reservation() {
        return fast.way() != Way.SOCKETS
                ? ""
                : "its senders get no answer, so they repeat nothing: what is in the memory of the process (at most 16 MB) or"
                        + " in the network is lost with a process that dies. Only what was on disk is certified there.";
    }

    Result show(InputFault fault) {
        try (InputTrial trial = new InputTrial(fault, program, fault.isSlow() ? slow : fast, settings, certify)) {
            trial.suffer();
            return trial.result();
        } catch (SettingsException e) {
            return new Result(fault, 0, "0", 0, 0, e.saying(""), false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (Exception e) {
            return new Result(fault, 0, "0", 0, 0, Failures.describe(e), false);
        }
    }

    /** Says how events would be sent. */
    ConnectorException impossible() {
        return new ConnectorException(
                "%s cannot be certified: nothing says how events get to its server.".formatted(fast.name()),
                Problem.NOT_STARTED,
                "Write under certify: in %s a Camel endpoint that sends, such as sent: \"jms:queue:{trial}\"; docs/add-an-input.md shows it."
                        .formatted(fast.caseFile().getFileName()),
                null);
    }
}
