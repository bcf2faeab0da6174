package io.mcpagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mcpagent.support.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationTableTest {

    private static final String BEGIN =
            "<!-- settings: made by ConfigurationTableTest, with -Dsettings.write=true -->\n";
    private static final String END = "\n<!-- end of settings -->";

    @Test
    void should_stand_in_the_docs_as_the_config_interface_has_it() throws IOException {
        Path page = Project.directory().resolve("docs/configuration.md");
        String text = Files.readString(page);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        assertTrue(
                begin >= BEGIN.length() && end >= begin,
                "docs/configuration.md has lost its marks around the table of settings");
        String table =
                ConfigurationTable.of(Project.directory().resolve("src/main/java/io/mcpagent/config/AgentConfig.java"));
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(page, text.substring(0, begin) + table + text.substring(end));
            return;
        }
        assertEquals(
                table,
                text.substring(begin, end),
                "run ./mvnw test -Dtest=ConfigurationTableTest -Dsettings.write=true");
    }

    @Test
    void should_have_the_names_where_the_start_looks_for_unknown_ones() throws IOException {
        Path list = Project.directory().resolve("src/main/resources/agent-settings.txt");
        String names = ConfigurationTable.namesOf(
                Project.directory().resolve("src/main/java/io/mcpagent/config/AgentConfig.java"));
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(list, names);
            return;
        }
        assertEquals(
                names, Files.readString(list), "run ./mvnw test -Dtest=ConfigurationTableTest -Dsettings.write=true");
    }
}
