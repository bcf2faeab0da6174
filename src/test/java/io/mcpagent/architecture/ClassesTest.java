package io.mcpagent.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import jakarta.inject.Inject;
import java.text.DateFormat;
import java.text.SimpleDateFormat;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** What every class of the agent keeps to. */
class ClassesTest {

    /** Whoever reads a name must know what it means without looking at the imports. A private class is read in one file only. */
    @Test
    void should_have_no_two_classes_of_one_name() {
        Map<String, List<String>> byName = MainClasses.ALL.stream()
                .filter(ClassesTest::hasANameOfItsOwn)
                .collect(groupingBy(
                        JavaClass::getSimpleName, TreeMap::new, mapping(JavaClass::getName, Collectors.toList())));
        byName.values().removeIf(classes -> classes.size() == 1);
        assertThat(byName).as("two classes of one name").isEmpty();
    }

    private static boolean hasANameOfItsOwn(JavaClass type) {
        return !type.isAnonymousClass()
                && !type.isLocalClass()
                && !type.getSimpleName().equals("package-info")
                && !type.getModifiers().contains(JavaModifier.PRIVATE)
                && !type.getModifiers().contains(JavaModifier.SYNTHETIC);
    }

    /** What is injected comes through the constructor: a class can be made by hand in a test, and its fields are final. */
    @Test
    void should_have_constructor_injection_only() {
        noFields().should().beAnnotatedWith(Inject.class).check(MainClasses.ALL);
        noFields().should().beAnnotatedWith(ConfigProperty.class).check(MainClasses.ALL);
        noMethods().should().beAnnotatedWith(Inject.class).check(MainClasses.ALL);
    }

    @Test
    void should_use_java_time_only() {
        noClasses()
                .should()
                .dependOnClassesThat(type(Date.class)
                        .or(type(Calendar.class))
                        .or(type(Timer.class))
                        .or(type(DateFormat.class))
                        .or(type(SimpleDateFormat.class)))
                .because("java.time says what is meant, and its types can't change")
                .check(MainClasses.ALL);
    }

    @Test
    void should_log_by_jboss_logging_only() {
        // Whoever writes the records out has to be one of the log manager's handlers, and those are
        // java.util.logging's.
        noClasses()
                .that()
                .doNotHaveSimpleName("BoundedLog")
                .and()
                .doNotHaveSimpleName("LogWriting")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache.commons.logging..")
                .check(MainClasses.ALL);
    }

    /** A name says what a class does. */
    @Test
    void should_have_no_class_whose_name_says_nothing() {
        noClasses()
                .should()
                .haveNameMatching(".*(Manager|Util|Utils|Helper|Impl|Service|Dto)")
                .check(MainClasses.ALL);
    }
}
