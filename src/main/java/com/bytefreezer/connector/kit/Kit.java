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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * The kit on the command line. It prints each finding as a line, and the exit code says whether everything is in order.
 */
public final class Kit {
    private static final int WELL = 0;
    private static final int FAILED = 1;
    private static final int CANNOT = 2;
    private static final String CERTIFY = "certify.";

    private Kit() {}

    /**
     * Runs the cases of a destination, or of a notification.
     *
     * @param which a destination's name, or the path of the route file of one or the other
     */
    public static int testRoutes(Path routes, String which, PrintStream out) {
        if (NotificationCases.isMeant(which)) {
            String name = NotificationCases.nameOf(which);
            NotificationCases cases = new NotificationCases(routes, name);
            CaseFile file = read(name, cases.caseFile());
            return play(name, file, one -> cases.play(file, one), List.of(), out);
        }
        try (DestinationRoute destination = DestinationRoute.find(routes, which)) {
            CaseFile file = read(destination.name(), destination.caseFile());
            return play(destination.name(), file, new Cases(destination, file)::play, file.missing(), out);
        }
    }

    private static CaseFile read(String name, Path cases) {
        if (!Files.exists(cases)) {
            throw new ConnectorException(
                    "%s has no cases: there is no file %s.".formatted(name, cases),
                    Problem.NOT_STARTED,
                    "docs/add-a-destination.md shows one.",
                    null);
        }
        return CaseFile.read(cases);
    }

    private static int play(
            String name, CaseFile file, Function<Case, List<String>> cases, List<String> missing, PrintStream out) {
        int failed = 0;
        for (Case one : file.cases()) {
            List<String> problems = cases.apply(one);
            out.printf("%-7s %s%n", problems.isEmpty() ? "ok" : "FAILED", one.name());
            problems.forEach(problem -> out.printf("        %s%n", problem));
            failed += problems.isEmpty() ? 0 : 1;
        }
        file.without().forEach((standard, reason) -> out.printf("%-7s %s: %s%n", "without", standard, reason));
        missing.forEach(
                standard -> out.printf("%-7s %s: every destination should have this case%n", "MISSING", standard));
        int all = file.cases().size();
        out.printf(
                "%s: %s%n",
                name,
                failed == 0 ? "all %d cases pass.".formatted(all) : "%d of %d cases fail.".formatted(failed, all));
        return failed == 0 ? WELL : FAILED;
    }

    /**
     * Shows under every fault that nothing is lost on the way to a destination.
     *
     * @param program the class whose {@code main} starts the connector
     * @param set settings that override those of the case file
     */
    public static int certify(Class<?> program, Path routes, String which, Map<String, String> set, PrintStream out)
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
                results.addAll(together(certification, faults.subList(1, faults.size())));
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

    private static List<Result> together(Certification certification, List<Fault> faults) throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(
                certification.canBeParallel() ? Runtime.getRuntime().availableProcessors() : 1);
        try {
            List<Result> results = new ArrayList<>();
            for (Future<Result> result : pool.invokeAll(faults.stream()
                    .map(fault -> (Callable<Result>) () -> certification.show(fault))
                    .toList())) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private static void print(List<Result> results, PrintStream out) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("fault", "promised", "what happened", "at least once"));
        results.forEach(result -> rows.add(List.of(
                result.fault().name(), result.fault().promised(), result.happened(), result.holds() ? "yes" : "NO")));
        Table.lines(rows, " | ").forEach(out::println);
    }
}
