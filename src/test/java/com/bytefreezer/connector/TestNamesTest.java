package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** The names of tests, which are sentences, are read in lists. */
class TestNamesTest {
    private static final int MOST_WORDS = 12;

    @Test
    void areSentencesOfAtMostTwelveWords() throws Exception {
        var names = names();

        assertThat(names).hasSizeGreaterThan(500);
        assertThat(names).filteredOn(name -> words(name) > MOST_WORDS).isEmpty();
    }

    private static int words(String name) {
        return name.substring(name.indexOf('.') + 1).split("(?=[A-Z])").length;
    }

    /** Of all methods that JUnit runs, with their classes. */
    private static List<String> names() throws Exception {
        var classes = classes();
        var names = new ArrayList<String>();
        try (var files = Files.walk(classes)) {
            for (var file :
                    files.filter(file -> file.toString().endsWith(".class")).toList()) {
                var name = classes.relativize(file).toString().replace('/', '.').replaceFirst("\\.class$", "");
                var type = Class.forName(name, false, TestNamesTest.class.getClassLoader());
                for (var method : type.getDeclaredMethods()) {
                    if (!method.isSynthetic() && AnnotationSupport.isAnnotated(method, Testable.class)) {
                        names.add(type.getSimpleName() + "." + method.getName());
                    }
                }
            }
        }
        return names;
    }

    private static Path classes() throws URISyntaxException {
        return Path.of(TestNamesTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }
}
