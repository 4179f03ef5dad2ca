package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The settings cannot be used. Carries every problem found. */
public final class SettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    SettingsException(List<Problem> problems) {
        super(problems.stream().map(Problem::line).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** One for each mistake. */
    public List<Problem> problems() {
        return problems;
    }

    /** All problems in one line, if they have another effect than "Not started.". */
    public String saying(String effect) {
        return problems.stream().map(problem -> problem.saying(effect)).collect(Collectors.joining(" "));
    }
}
