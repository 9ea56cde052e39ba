from signalbox import Agent

agent = Agent("greeter")


@agent.handles("greet")
def greet(task):
    return [{"greeting": f"Hello {row['name']}!"} for row in task.input["rows"]]


agent.run()
