"""志愿者档案: what an organisation keeps of a volunteer, by the groups of the national rule."""
