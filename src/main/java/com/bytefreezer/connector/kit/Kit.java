package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.CaseFile.Case;
import com.bytefreezer.connector.kit.Certification.Result;
import com.bytefreezer.connector.kit.Faults.Fault;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Table;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The kit on the command line. It prints each finding as a line, and the exit code says whether everything is in order.
 */
public final class Kit {
    private static final int WELL = 0;
    private static final int FAILED = 1;
    private static final int CANNOT = 2;
    private static final String CERTIFY = "certify.";
    private static final String FEED = "feed.";
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    private Kit() {}

    /**
     * Runs the cases of a destination, a notification or an input.
     *
     * @param which the name of a destination or an input, or the path of a route file; where both have the name, it is the
     *     destination
     */
    public static int testRoutes(Path routes, String which, PrintStream out) {
        if (NotificationCases.isMeant(which)) {
            String name = NotificationCases.nameOf(which);
            NotificationCases cases = new NotificationCases(routes, name);
            CaseFile file = CaseFile.read(required(name, cases.caseFile(), "add-a-destination"));
            return play(Played.of(name, file, one -> cases.play(file, one), List.of()), out);
        }
        if (InputRoute.isMeant(routes, which)) {
            try (InputRoute input = InputRoute.find(routes, which)) {
                InputCaseFile file = InputCaseFile.read(required(input.name(), input.caseFile(), "add-an-input"));
                return play(Played.of(input.name(), file, new InputCases(input, file)::play), out);
            }
        }
        try (DestinationRoute destination = DestinationRoute.find(routes, which)) {
            CaseFile file = CaseFile.read(required(destination.name(), destination.caseFile(), "add-a-destination"));
            return play(Played.of(destination.name(), file, new Cases(destination, file)::play, file.missing()), out);
        }
    }

    private static Path required(String name, Path cases, String page) {
        if (!Files.exists(cases)) {
            throw new ConnectorException(
                    "%s has no cases: there is no file %s.".formatted(name, cases),
                    Problem.NOT_STARTED,
                    "docs/%s.md shows one.".formatted(page),
                    null);
        }
        return cases;
    }

    /**
     * Cases that can be played.
     *
     * @param cases by their names, in their order
     */
    private record Played(
            String name, Map<String, Supplier<List<String>>> cases, Map<String, String> without, List<String> missing) {
        static Played of(String name, CaseFile file, Function<Case, List<String>> play, List<String> missing) {
            Map<String, Supplier<List<String>>> cases = new LinkedHashMap<>();
            file.cases().forEach(one -> cases.put(one.name(), () -> play.apply(one)));
            return new Played(name, cases, file.without(), missing);
        }

        static Played of(String name, InputCaseFile file, Function<InputCaseFile.Case, List<String>> play) {
            Map<String, Supplier<List<String>>> cases = new LinkedHashMap<>();
            file.cases().forEach(one -> cases.put(one.name(), () -> play.apply(one)));
            return new Played(name, cases, file.without(), file.missing());
        }
    }

    private static int play(Played played, PrintStream out) {
        int failed = 0;
        for (Map.Entry<String, Supplier<List<String>>> one : played.cases().entrySet()) {
            List<String> problems = one.getValue().get();
            out.printf("%-7s %s%n", problems.isEmpty() ? "ok" : "FAILED", one.getKey());
            problems.forEach(problem -> out.printf("        %s%n", problem));
            failed += problems.isEmpty() ? 0 : 1;
        }
        played.without().forEach((standard, reason) -> out.printf("%-7s %s: %s%n", "without", standard, reason));
        played.missing()
                .forEach(standard -> out.printf("%-7s %s: there should be a case for this%n", "MISSING", standard));
        int all = played.cases().size();
        out.printf(
                "%s: %s%n",
                played.name(),
                failed == 0 ? "all %d cases pass.".formatted(all) : "%d of %d cases fail.".formatted(failed, all));
        return failed == 0 ? WELL : FAILED;
    }

    /**
     * Shows under every fault that nothing is lost on the way to a destination.
     *
     * @param program the connector
     * @param set settings that override those of the case file
     */
    public static int certify(Program program, Path routes, String which, Map<String, String> set, PrintStream out)
            throws InterruptedException {
        try (DestinationRoute destination = DestinationRoute.find(routes, which)) {
            CaseFile file = destination.cases();
            Map<String, String> settings = new TreeMap<>(file.settings());
            Map<String, String> certify = new TreeMap<>(file.certify());
            set.forEach((name, value) -> {
                boolean isOfServer = name.startsWith(CERTIFY);
                (isOfServer ? certify : settings).put(isOfServer ? name.substring(CERTIFY.length()) : name, value);
            });
            Certification certification =
                    new Certification(program, destination, settings, certify, new Answers(file.server()));
            List<Fault> faults = certification.faults();
            if (faults.isEmpty()) {
                out.printf(
                        "%s cannot be certified: nothing says where its records arrive. If it speaks HTTP, write e.g."
                                + " destination.%<s.url: \"{server}\" under settings: in %s. If it does not, write under"
                                + " certify: how to read them back; docs/add-a-destination.md shows it.%n",
                        destination.name(), destination.caseFile());
                return CANNOT;
            }
            System.err.printf("Certifying %s: %d faults, half a minute.%n", destination.name(), faults.size());
            List<Result> results = new ArrayList<>(List.of(certification.show(faults.get(0))));
            if (results.get(0).holds()) {
                results.addAll(together(
                        certification::show,
                        // Most of them wait most of the time, for a timeout or before the next try.
                        certification.canBeParallel() ? Math.max(4, PROCESSORS) : 1,
                        faults.subList(1, faults.size())));
            }
            print(results, out);
            long held = results.stream().filter(Result::holds).count();
            out.printf(
                    "%s: %s%n",
                    destination.name(),
                    held == faults.size()
                            ? "certified. Under each of %d faults every record arrived at least once.".formatted(held)
                            : results.size() < faults.size()
                                    ? "NOT certified. It does not deliver even without a fault; make --test-routes pass first."
                                    : "NOT certified. Under %d of %d faults at least once does not hold."
                                            .formatted(faults.size() - held, faults.size()));
            if (!certification.breaksConnections()) {
                out.printf(
                        "%s: its connections were not broken, because no setting points to the proxy.%n",
                        destination.name());
            }
            return held == faults.size() ? WELL : FAILED;
        }
    }

    private interface Showing<F, R> {
        R show(F fault) throws InterruptedException;
    }

    /** The results in the order of the faults. The last ones, which take longest, begin first. */
    private static <F, R> List<R> together(Showing<F, R> showing, int atATime, List<F> faults)
            throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(atATime);
        try {
            List<Callable<R>> all = new ArrayList<>();
            faults.forEach(fault -> all.add(0, () -> showing.show(fault)));
            List<R> results = new ArrayList<>();
            for (Future<R> result : pool.invokeAll(all)) {
                results.add(0, result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * Shows under every fault that what an input acknowledges is packed.
     *
     * @param program the connector
     * @param which the name of an input or a feed, or the path of its file
     * @param set settings that override those of the case file; {@code feed.…} are parameters of the feed
     */
    public static int certifyInput(Program program, Path routes, String which, Map<String, String> set, PrintStream out)
            throws InterruptedException {
        try (InputRoute input = InputRoute.find(routes, which);
                InputRoute slow = InputRoute.find(routes, which)) {
            InputCaseFile file = input.cases();
            Map<String, String> settings = new TreeMap<>(file.settings());
            Map<String, String> feed = new TreeMap<>(file.feed());
            feed.putAll(input.feed());
            feed.putAll(file.certifiedFeed());
            Map<String, String> certify = new TreeMap<>(file.sending());
            set.forEach((name, value) -> {
                Map<String, String> of = name.startsWith(CERTIFY) ? certify : name.startsWith(FEED) ? feed : settings;
                of.put(of == settings ? name : name.substring(name.indexOf('.') + 1), value);
            });
            InputCertification certification = new InputCertification(program, input, slow, settings, feed, certify);
            if (!certification.isPossible()) {
                out.println(certification.impossible().getMessage());
                return CANNOT;
            }
            List<InputFault> faults = certification.faults();
            System.err.printf("Certifying the input %s: %d faults.%n", input.name(), faults.size());
            List<InputCertification.Result> results = new ArrayList<>(List.of(certification.show(faults.get(0))));
            if (results.get(0).holds()) {
                results.addAll(together(
                        certification::show,
                        certification.canBeParallel() ? PROCESSORS : 1,
                        faults.subList(1, faults.size())));
            }
            printInputs(results, out);
            long held =
                    results.stream().filter(InputCertification.Result::holds).count();
            out.printf(
                    "%s: %s%n",
                    input.name(),
                    held == faults.size()
                            ? "certified. Under each of %d faults what it acknowledged is packed.".formatted(held)
                            : results.size() < faults.size()
                                    ? "NOT certified. It does not work even without a fault; make --test-routes pass first."
                                    : "NOT certified. Under %d of %d faults the promise does not hold."
                                            .formatted(faults.size() - held, faults.size()));
            if (!certification.reservation().isEmpty()) {
                out.printf("%s: %s%n", input.name(), certification.reservation());
            }
            return held == faults.size() ? WELL : FAILED;
        }
    }

    private static void printInputs(List<InputCertification.Result> results, PrintStream out) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "fault", "promised", "sent", "acknowledged", "packed", "dead letters", "what happened", "holds"));
        results.forEach(result -> rows.add(List.of(
                result.fault().text(),
                result.fault().promised(),
                String.valueOf(result.sent()),
                result.acknowledged(),
                String.valueOf(result.packed()),
                String.valueOf(result.deadLetters()),
                result.happened(),
                result.holds() ? "yes" : "NO")));
        Table.lines(rows, " | ").forEach(out::println);
    }

    private static void print(List<Result> results, PrintStream out) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("fault", "promised", "what happened", "at least once"));
        results.forEach(result -> rows.add(List.of(
                result.fault().name(), result.fault().promised(), result.happened(), result.holds() ? "yes" : "NO")));
        Table.lines(rows, " | ").forEach(out::println);
    }
}
