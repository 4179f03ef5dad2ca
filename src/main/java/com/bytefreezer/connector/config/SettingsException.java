package com.bytefreezer.connector.config;

import java.util.List;

/** The settings cannot be used. Carries every problem found, each as one line for the person who wrote them. */
public final class SettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    SettingsException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
